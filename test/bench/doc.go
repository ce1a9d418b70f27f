// Command bench measures speed and memory of the built server beside a floor:
// what the same machine does at best with the part of the work that cannot be
// left out. `make bench` runs it; `make bench ONLY=name` measures one thing.
//
// It owns: the people it signs in, the load, the processes it starts and ends,
// docs/benchmarks.md and docs/benchmarks.json. It does not own: any judgement.
// A missed target is printed and written down, and the program still succeeds;
// whether that is a fault is for whoever reads the figures.
//
// Both sides run on the same cores, in turns of one to eight seconds, and the
// turn with the median ratio is the one written down, so that a machine that is
// busy with something else spoils single turns and not the result. Everything
// listens on loopback.
//
// Neighbours: package app opens the databases to fill; scripts/postgres.sh
// lends a PostgreSQL; test/bench/floor is what the floors are measured with.
package main
