// Package e2e_test runs the contracts of the adapters against the stand-in
// servers of this module.
package e2e_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/e2e/mongod"
	"github.com/grapnel/grapnel/storage/mongodb"
	"github.com/grapnel/grapnel/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func startMongod(t *testing.T) *mongod.Server {
	s, err := mongod.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the server: %v", err)
		}
	})
	return s
}

func openMongo(t *testing.T, uri string) core.DocStore {
	s, err := mongodb.Open(context.Background(), uri)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMongoDBContract(t *testing.T) {
	server := startMongod(t)
	var n atomic.Int64
	database := func() string { return fmt.Sprintf("%stest%d", server.URI(), n.Add(1)) }
	storagetest.RunDocuments(t,
		func(t *testing.T, _ []core.Spec) core.DocStore { return openMongo(t, database()) },
		storagetest.Peers(func(t *testing.T, _ []core.Spec) (a, b core.DocStore) {
			uri := database()
			return openMongo(t, uri), openMongo(t, uri)
		}),
		storagetest.Expire(func(t *testing.T, _ core.DocStore) {
			if err := server.Expire(); err != nil {
				t.Errorf("Expire: %v", err)
			}
		}),
	)
}
