#!/bin/sh
# Shows what this node is. Reads only.
