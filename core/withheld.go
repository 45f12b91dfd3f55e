package core

import "context"

type withheldKey struct{}

// OnWithheld calls f for each guarded field that is kept from the caller while an
// answer is made with the context, with the context of the field. f may be called
// from several goroutines at once.
func OnWithheld(ctx context.Context, f func(context.Context)) context.Context {
	return context.WithValue(ctx, withheldKey{}, f)
}

func withhold(ctx context.Context) {
	if f, ok := ctx.Value(withheldKey{}).(func(context.Context)); ok {
		f(ctx)
	}
}
