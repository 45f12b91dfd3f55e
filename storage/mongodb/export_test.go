package mongodb

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Adjust changes the client's options before it connects.
func Adjust(f func(*options.ClientOptions)) Option { return func(s *settings) { s.adjust = f } }

// Lease sets for how long a look at the fence is good.
func Lease(d time.Duration) Option { return func(s *settings) { s.lease = d } }

// Suspend has the machine suspended for d since the last look at the fence: that is seen
// by one clock, and not by the other.
func (s *Store) Suspend(d time.Duration) {
	at := *s.fence.looked.Load()
	at.wall = at.wall.Add(-d)
	s.fence.looked.Store(&at)
}

var (
	DatabaseName = databaseName
	Successor    = successor
)
