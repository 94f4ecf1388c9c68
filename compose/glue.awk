# Templates as C strings: awk -f glue.awk FILE...  Prints the array glue_files (compose/template.h).
BEGIN {
    print "#include \"template.h\"\n\nconst struct glue_file glue_files[] = {"
}
FNR == 1 {
    printf "%s    { \"%s\",", (NR > 1 ? " },\n" : ""), substr(FILENAME, match(FILENAME, /glue\/[^\/]*$/))
}
{
    gsub(/[\\"]/, "\\\\&")
    printf "\n      \"%s\\n\"", $0
}
END {
    print " },\n};\nconst uint32_t glue_files_count = sizeof(glue_files) / sizeof(glue_files[0]);"
}
