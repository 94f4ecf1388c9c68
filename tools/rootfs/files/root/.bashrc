# Read by interactive shells.
[ -z "$PS1" ] && return
PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]\$ '
HISTCONTROL=ignoredups
HISTSIZE=2000
shopt -s checkwinsize histappend
alias ls='ls --color=auto'
alias grep='grep --color=auto'
alias ll='ls -l'
export LANG=${LANG:-C.UTF-8} LESS=-R EDITOR=${EDITOR:-editor} PAGER=${PAGER:-less}
