package mongodb

import "go.mongodb.org/mongo-driver/v2/mongo/options"

// Adjust changes the client's options before it connects.
func Adjust(f func(*options.ClientOptions)) Option { return func(s *settings) { s.adjust = f } }

var (
	DatabaseName = databaseName
	Successor    = successor
)
