// Package config loads what the operator decided: one row per option, read from
// defaults, a TOML file, the environment and flags, in that order.
//
// It owns: the option table, precedence, and saying every problem at once. It
// does not own: what an option does, nor opening any file but the one of
// configuration and the ones that hold secrets.
//
// Neighbours: cli hands it arguments and environment; app gets the result.
package config
