package web

// What the tests look at from outside.
var (
	MergeRule = mergeRule
	Clients   = clients
	RequestOf = requestID
	ByteRange = byteRange
)
