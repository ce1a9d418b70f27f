// Package metrics owns what Prometheus is told: the names, labels and buckets
// of every measurement, in a registry of its own, and the handler that shows
// them. It is served on a separate loopback port only (IN4).
//
// It does not own the measuring: those who measure declare the small contract they need
// (httpx.Observer, for one), and package app hands a [Metrics] to them. Labels
// never hold anything about a person.
package metrics
