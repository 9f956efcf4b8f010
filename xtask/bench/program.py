"""What the programs that measure peers share: peers, the command line, and the one line of JSON that is printed."""

import argparse
import json
import sys
from pathlib import Path


class Unavailable(Exception):
    """The peer has no such thing: says why."""


class Peer:
    """A peer brings a method for each work that it is asked for, with `_` for `-`."""

    def __init__(self, options):
        self.options = options

    def prepare(self):
        """Builds what its work starts from, once; most read what is there."""

    def measure(self):
        return getattr(self, self.options.work.replace("-", "_"))()


def arguments(description, peers, works):
    """The options. `works` has the works with arguments of their own: by flag, what `add_argument` takes."""
    parser = argparse.ArgumentParser(description=description)
    commands = parser.add_subparsers(dest="work", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--peer", choices=peers, required=True)
    for name in ["case", "base", "scratch"]:
        shared.add_argument(f"--{name}", type=Path, required=True)
    shared.add_argument("--prepare", action="store_true")
    shared.add_argument("--durable", action="store_true")
    shared.add_argument("--files", choices=["ours", "own"], default="own")
    shared.add_argument("--how")
    shared.add_argument("--repeats", type=int, default=1)
    for work, own in works.items():
        command = commands.add_parser(work, parents=[shared])
        for flag, options in own.items():
            command.add_argument(flag, **options)
    return parser.parse_args()


def perform(peer):
    """Prepares the work and gives nothing, or gives what was measured."""
    if peer.options.prepare:
        return peer.prepare()
    version = {"version": peer.version()}
    try:
        return {**version, **peer.measure()}
    except Unavailable as error:
        return {**version, "unavailable": str(error)}


def main(description, peers, works):
    options = arguments(description, peers, works)
    found = perform(peers[options.peer](options))
    if found:
        json.dump(found, sys.stdout)
        print()
