package mongodb

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
)

// monitor logs commands that took at least slow. It logs names and times,
// never contents, and no getMore, which waits for changes on purpose.
func monitor(log *slog.Logger, slow time.Duration) *event.CommandMonitor {
	var colls sync.Map // request id -> collection, while the command runs
	finished := func(ctx context.Context, e event.CommandFinishedEvent, err error) {
		coll, _ := colls.LoadAndDelete(e.RequestID)
		if e.Duration < slow || e.CommandName == "getMore" {
			return
		}
		attrs := []slog.Attr{
			slog.String("command", e.CommandName),
			slog.Any("collection", coll),
			slog.Duration("took", e.Duration),
		}
		if err != nil {
			attrs = append(attrs, slog.Any("error", err))
		}
		log.LogAttrs(ctx, slog.LevelWarn, "slow MongoDB command", attrs...)
	}
	return &event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) {
			// The first value of a command names its collection, if it has one.
			if first, err := e.Command.IndexErr(0); err == nil {
				if name, ok := first.Value().StringValueOK(); ok {
					colls.Store(e.RequestID, name)
				}
			}
		},
		Succeeded: func(ctx context.Context, e *event.CommandSucceededEvent) {
			finished(ctx, e.CommandFinishedEvent, nil)
		},
		Failed: func(ctx context.Context, e *event.CommandFailedEvent) {
			finished(ctx, e.CommandFinishedEvent, e.Failure)
		},
	}
}
