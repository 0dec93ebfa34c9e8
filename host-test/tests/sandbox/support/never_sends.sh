#!/bin/sh
# A stand-in for connector-host whose `send` never ends.
if [ "$1" = send ]; then
    exec sleep 600
fi
