package mongodb

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Adjust changes the client's options before it connects.
func Adjust(f func(*options.ClientOptions)) Option { return func(s *settings) { s.adjust = f } }

// Lease sets for how long a look at the fence is good.
func Lease(d time.Duration) Option { return func(s *settings) { s.lease = d } }

var (
	DatabaseName = databaseName
	Successor    = successor
)
