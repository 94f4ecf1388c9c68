# apt.sh: a private apt beside the system's, for scripts to read with `.`: the machine's own Debian archive, checked against
# Debian's keyring, without changing anything of the system's configuration and without root.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_targets TYPE [OPTION]: the machine's Debian 12 sources (sources.list and deb822 files alike) as lines of TYPE, which is
# deb or deb-src.
apt_targets() {
    type=$1
    shift
    apt-get indextargets "$@" --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
        awk -v type="$type" -v key="$keyring" '
            $2 !~ /^(bookworm|oldstable|stable)(-updates|-security|\/updates)?$/ || $3 != "main" { next }
            NF > 3 && $4 != "Debian" && $4 !~ /^\$/ { next }
            !seen[$1, $2]++ { print type " [signed-by=" key "] " $1, $2, $3 }'
}

# apt_sources TYPE FILE: writes them; status 1 if there are none.  The origin is known of sources whose lists were fetched;
# else the keyring decides what is Debian's.
apt_sources() {
    apt_targets "$1" >"$2"
    [ -s "$2" ] || apt_targets "$1" --no-release-info >"$2"
    [ -s "$2" ]
}

# apt_private DIR LIST ARCHITECTURE: makes DIR the home of an apt that has nothing installed, knows the sources in the file
# LIST, and works for ARCHITECTURE alone; APT_CONFIG=DIR/apt.conf selects it.
apt_private() {
    mkdir -p "$1/lists/partial" "$1/archives/partial"
    : >"$1/status"
    {
        # How the machine reaches its archive (proxies, time-outs, date checks) and nothing else of its configuration.
        apt-config dump | grep '^Acquire::' || true
        cat <<END
APT::Architecture "$3";
APT::Architectures { "$3"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Dir::Etc::Main "/dev/null";
Dir::Etc::Parts "/dev/null";
Dir::Etc::SourceList "$2";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$1";
Dir::State::Lists "$1/lists";
Dir::State::Status "$1/status";
Dir::Cache "$1";
Dir::Cache::Archives "$1/archives";
END
    } >"$1/apt.conf"
}
