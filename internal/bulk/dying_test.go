package bulk_test

import (
	"log/slog"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// dying is the worker of a process over a store that stops in the middle.
func (d *desk) dying(k *killed) *bulk.Worker {
	p := people.New(people.Deps{
		Store: k, Accounts: k, Links: storetest.Links{}, Limits: storetest.Limits{}, Post: storetest.Post{}, Clock: d.clock, Random: random,
		Zone: func(string) bool { return true }, Language: func(string) bool { return true },
	})
	s := bulk.New(bulk.Deps{
		Store: k, Queue: k, People: k, Deeds: p, Post: storetest.Post{}, Clock: d.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
	return &bulk.Worker{Service: s, Owner: "dying"}
}
