# What is typed often. `tests/run --help` lists the stages.

# Everything, as the build server does it.
ci:
    .ci/run

# The whole chain on this machine, to click through.
demo *ARGS:
    cargo run --release -- demo {{ ARGS }}

# Before a commit.
check:
    tests/run fmt clippy test

# One stage or several: just test e2e browser
test *STAGES:
    tests/run {{ STAGES }}

# The App, with its settings from the environment.
serve *ARGS:
    cargo run -- serve {{ ARGS }}

# One recorded delivery: just receive issues payload.json --dry-run
receive EVENT FILE *ARGS:
    cargo run -- receive {{ EVENT }} {{ FILE }} {{ ARGS }}
