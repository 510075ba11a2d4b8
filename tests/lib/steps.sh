# Named, timed steps that keep their output in a file and count what they tested. Sourced by tests/run.

passed=0
failed=0
failures=()

# step NAME COMMAND…: runs the command; its output goes to $logs/NAME.log, and on failure its tail to the terminal.
step() {
    local name=$1 begun=$SECONDS log status
    shift
    log="$logs/${name//[^A-Za-z0-9]/-}.log"
    printf '%-34s ' "$name"
    # Not in a condition, where the shell would go on after a failed command of a function.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    count "$log" "$status"
    if [ "$status" -eq 0 ]; then
        printf 'ok      %4d s  %s\n' $((SECONDS - begun)) "$counted"
    else
        printf 'FAILED  %4d s  (exit %d)\n' $((SECONDS - begun)) "$status"
        failures+=("$name")
        printf -- '---- the last lines of %s\n' "$log"
        tail -n 60 "$log"
        printf -- '----\n'
    fi
    # What passed at the second try only is a fault to be mended, too.
    { grep -aE '^ *FLAKY ' "$log" || [ $? -eq 1 ]; } | sort -u
}

# skip NAME REASON: says what was not run, and why.
skip() {
    printf '%-34s skipped: %s\n' "$1" "$2"
}

# Adds what a log says was tested; a step that counts nothing itself is one test.
count() {
    local log=$1 status=$2 good bad plain
    plain=$(sed 's/\x1b\[[0-9;]*m//g' "$log")
    # Where there is a summary, other counts are of single tries.
    if grep -qE '^ *Summary \[' <<<"$plain"; then plain=$(grep -E '^ *Summary \[' <<<"$plain"); fi
    good=$(sum '[0-9]+ passed' '^(# pass|ℹ pass) [0-9]+' <<<"$plain")
    bad=$(sum '[0-9]+ failed' '^(# fail|ℹ fail) [0-9]+' <<<"$plain")
    if [ "$status" -eq 0 ]; then
        bad=0
        [ "$good" -gt 0 ] || good=1
    elif [ "$bad" -eq 0 ]; then
        bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    counted="$good passed"
}

# The sum of the numbers in what the patterns find.
sum() {
    local text patterns=()
    text=$(cat)
    for pattern in "$@"; do patterns+=(-e "$pattern"); done
    { grep -oE "${patterns[@]}" <<<"$text" || [ $? -eq 1 ]; } | { grep -oE '[0-9]+' || [ $? -eq 1 ]; } | awk '{n += $1} END {print n + 0}'
}

# Prints the plain closing line and gives the exit code.
closing() {
    local name
    for name in ${failures[@]+"${failures[@]}"}; do printf 'failed: %s\n' "$name"; done
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" -eq 0 ]
}
