# layers.awk -- the rules of lib/README that can be seen in the text of a source file; one line for each breach.
#
#   awk -v pairs=FILE -f tests/layers.awk lib/*/*.[ch] tools/*.c
#
# The includes of headers by headers go to the file `pairs`, for tsort.  Comments and the insides of strings do not count,
# but for the includes themselves and for the words that say that something is unfinished.

BEGIN {
    rank["base"] = 1; rank["phys"] = 2; rank["types"] = 3; rank["est"] = 4; rank["io"] = 4; rank["tools"] = 5

    # Header of a library -> the files that may include it.
    home["fitsio.h"] = "^lib/io/"
    home["longnam.h"] = "^lib/io/"
    home["yaml.h"] = "^lib/io/yaml"
    home["expat.h"] = "^lib/io/xml"
    home["zlib.h"] = "^lib/io/"
    home["nettle/"] = "^lib/io/"
    home["erfa.h"] = "^lib/phys/time"
    home["gsl/"] = "^lib/(phys|est)/"
    home["wcslib/"] = "^lib/types/geom"
    home["fftw3.h"] = "^lib/est/convolve"

    # Call -> the files that may make it; "" is nowhere.
    split("strcpy strcat sprintf vsprintf gets strtok atoi atol atof", banned, " ")
    for (i in banned)
        caller[banned[i]] = ""
    split("printf vprintf puts putchar perror", prints, " ")
    for (i in prints)
        caller[prints[i]] = "^(lib/base/tool\\.c$|tools/)"
    caller["exit"] = "^lib/base/(tool|mem)\\.c$"
    caller["_exit"] = caller["abort"] = caller["quick_exit"] = caller["exit"]
    caller["fopen"] = caller["freopen"] = caller["fdopen"] = "^lib/io/"
    stdout_at = "^(lib/base/tool\\.c$|lib/io/|tools/)"

    MAX_FILE = 500; MAX_FUNCTION = 60
}

function breach(text)
{
    printf "%s:%d: %s\n", FILENAME, FNR, text
}

function room_of(path,    part)
{
    split(path, part, "/")
    return part[1] == "lib" ? part[2] : part[1]
}

function starts(s, with)
{
    return substr(s, 1, length(with)) == with
}

# #include "room/name.h": only of the same or a lower room.
function check_own(header,    from, to)
{
    from = room_of(FILENAME)
    to = from == "tools" && header !~ /\// ? from : room_of("lib/" header)      # what tools share lies beside them
    if (!(to in rank))
        breach("\"" header "\" is in no room")
    else if (rank[to] > rank[from])
        breach(from " must not include \"" header "\": " to " stands above it")
    else if (rank[to] == rank[from] && to != from)
        breach(from " must not include \"" header "\": " from " and " to " do not know each other")
    if (FILENAME ~ /\.h$/)
        print FILENAME, "lib/" header > pairs
}

function check_foreign(header,    h)
{
    for (h in home)
        if (starts(header, h) && FILENAME !~ home[h])
            breach("<" header "> may only be included where the path is like " home[h])
}

# The line without comments and without what is inside strings.
function code_of(line,    out, c, two)
{
    out = ""
    while (line != "") {
        c = substr(line, 1, 1)
        two = substr(line, 1, 2)
        if (in_comment) {
            if (!index(line, "*/"))
                return out
            line = substr(line, index(line, "*/") + 2)
            in_comment = 0
        } else if (two == "/*") {
            in_comment = 1
            line = substr(line, 3)
        } else if (two == "//") {
            return out
        } else if (c == "\"" || c == "'") {
            out = out c c
            line = after_quote(substr(line, 2), c)
        } else {
            out = out c
            line = substr(line, 2)
        }
    }
    return out
}

function after_quote(s, quote)
{
    while (s != "" && substr(s, 1, 1) != quote)
        s = substr(s, substr(s, 1, 1) == "\\" ? 3 : 2)
    return substr(s, 2)
}

# Names that are called in the line, and the one stream that is not everybody's.
function check_calls(code,    name, before)
{
    if (code ~ /(^|[^A-Za-z0-9_])(stdout|STDOUT_FILENO)([^A-Za-z0-9_]|$)/ && FILENAME !~ stdout_at)
        breach("standard output belongs to base/tool and io")
    before = ""
    while (match(code, /[A-Za-z_][A-Za-z0-9_]*[ ]*\(/)) {
        before = RSTART > 1 ? substr(code, RSTART - 1, 1) : ""
        name = substr(code, RSTART, RLENGTH - 1)
        sub(/ +$/, "", name)
        if (name in caller && before !~ /[.>]/) {
            if (caller[name] == "")
                breach(name "() is banned")
            else if (FILENAME !~ caller[name])
                breach(name "() may only be called where the path is like " caller[name])
        }
        code = substr(code, RSTART + RLENGTH)
    }
}

# Tables of data do not count.  A function's body starts and ends with a brace in the first column.
function check_length(line)
{
    if (line ~ /^[A-Za-z].*= *\{[^}]*$/)
        in_table = 1
    if (!in_table)
        n_lines[FILENAME]++
    else if (line ~ /^\}/)
        in_table = 0
    if (line ~ /^\{/)
        body = FNR
    if (line ~ /^\}/ && body) {
        if (FNR - body >= MAX_FUNCTION)
            breach("function of " FNR - body " lines, at most " MAX_FUNCTION - 1)
        body = 0
    }
    if (line ~ /[ \t]$/ || line ~ /\t/)
        breach("a tab, or a blank at the end of the line")
}

FNR == 1 { in_comment = in_table = body = 0 }

/^[ ]*#[ ]*include/ {
    split($0, part, /["<>]/)
    if ($0 ~ /"/)
        check_own(part[2])
    else
        check_foreign(part[2])
}

# Spelled in two halves, so that this file may be searched as well.
$0 ~ ("(^|[^A-Z])(TO" "DO|FIX" "ME|XX" "X)([^A-Z]|$)") { breach("something is unfinished here") }

{
    check_length($0)
    code = code_of($0)
    if (code !~ /^[ ]*#/)
        check_calls(code)
}

END {
    for (file in n_lines)
        if (n_lines[file] >= MAX_FILE)
            printf "%s: %d lines, at most %d\n", file, n_lines[file], MAX_FILE - 1
}
