#!/bin/sh
# A stand-in for connector-host whose `run` never ends.
if [ "$1" = run ]; then
    exec sleep 600
fi
