# mkcomp.awk -- the output of `fe-X --dump-options` -> completion file for a shell.
#
#   awk -v tool=fe-points -v shell=bash -f man/mkcomp.awk fe-points.options > fe-points
#
# Choices complete to their words, values called FILE, DIR, M (model) or E (edges, may be @FILE) to file names.

BEGIN {
    FS = "\t"
    function_name = tool
    gsub(/-/, "_", function_name)
    if (shell == "zsh")
        printf "#compdef %s\n_arguments -s -S \\\n", tool
}

function quote(s)
{
    gsub(/'/, "'\\''", s)
    return s
}

function action(kind, arg, range)
{
    if (kind == "choice") {
        gsub(/\|/, " ", range)
        return "(" range ")"
    }
    return arg ~ /^(FILE|DIR|M|E)$/ ? "_files" : " "
}

shell == "zsh" {
    text = $8
    gsub(/[\[\]:]/, "\\\\&", text)
    value = $4 == "" ? "" : ":" $4 ":" action($3, $4, $5)
    star = $3 == "list" || $3 == "count" ? "*" : ""
    gsub(/[\[\],]/, " ", value)
    printf "    '%s--%s%s[%s]%s' \\\n", star, $2, $4 == "" ? "" : "=", quote(text), quote(value)
    if ($1 != "")
        printf "    '%s-%s%s[%s]%s' \\\n", star, $1, $4 == "" ? "" : "+", quote(text), quote(value)
}

shell == "bash" {
    names = names " --" $2
    word = ($1 == "" ? "" : "-" $1 "|") "--" $2
    does = action($3, $4, $5)
    if ($4 == "")
        next
    if (does ~ /^\(/)
        cases = cases "    " word ") words=\"" substr(does, 2, length(does) - 2) "\" ;;\n"
    else if (does == "_files")
        files = files (files == "" ? "" : "|") word
    else
        others = others (others == "" ? "" : "|") word
}

END {
    if (shell == "zsh") {
        print "    '*:file:_files'"
        exit
    }
    printf "# Completion of %s for bash.\n_%s()\n{\n", tool, function_name
    print "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''"
    print "    COMPREPLY=()"
    print "    case $prev in"
    printf "%s", cases
    if (others != "")
        printf "    %s) return ;;\n", others
    if (files != "")
        printf "    %s) cur=${cur#@}; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n", files
    printf "    *) [[ $cur == -* ]] && words=\"%s\" ;;\n", substr(names, 2)
    print "    esac"
    print "    if [[ $words ]]; then"
    print "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")"
    print "    else"
    print "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
    print "    fi"
    print "}"
    printf "complete -o filenames -F _%s %s\n", function_name, tool
}
