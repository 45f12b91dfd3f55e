package core

import (
	"context"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// StoreKind is what kind of store an adapter keeps things in.
type StoreKind string

// The kinds.
const (
	Sqlite     StoreKind = "SQLITE"
	Mongodb    StoreKind = "MONGODB"
	Filesystem StoreKind = "FILESYSTEM"
	S3         StoreKind = "S3"
)

// ServerStatus is how this server and its stores are.
type ServerStatus struct {
	Version   string
	StartedAt time.Time
	Documents StoreStatus
	Files     StoreStatus
	Storage   *StorageTotals // nil until they are known
}

// StoreStatus is how a store is.
type StoreStatus struct {
	Kind StoreKind
	OK   bool
}

// status is what this process knows of itself.
type status struct {
	started            time.Time
	documents, objects *Probe
	totals             *totals
}

// Status is how this server and its stores are; nil unless the caller is an administrator, or
// an API key of one that reads all types.
func (a *App) Status(ctx context.Context) (*ServerStatus, error) {
	if administers(ctx, "ServerStatus", Read) != nil {
		return nil, nil
	}
	s := &ServerStatus{
		Version: programVersion(), StartedAt: a.status.started,
		Documents: StoreStatus{Kind: a.docs.Kind()}, Files: StoreStatus{Kind: a.objects.Kind()},
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.Documents.OK = a.status.documents.Answer(ctx) == nil })
	wg.Go(func() { s.Files.OK = a.status.objects.Answer(ctx) == nil })
	wg.Go(func() { s.Storage = a.status.totals.now(ctx) })
	wg.Wait()
	return s, nil
}

// programVersion is that of the main module, which may be a project's.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "devel"
	}
	return strings.Trim(info.Main.Version, "()")
}
