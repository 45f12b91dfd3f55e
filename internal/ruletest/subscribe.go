package ruletest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/grapnel/grapnel/core"
)

// mover is the record that becomes, while all callers listen, one record of the
// table after the other.
const mover = "mover"

// subscriptions lets every caller listen to what happens to a record that
// becomes, one after the other, each record of the table and from each of them
// each other one. Silence is known by what is heard next: a change of a helper,
// which everybody may read.
func (r *run) subscriptions(callers []string) {
	r.server = r.serve(true)
	ears := make([]*ear, len(callers))
	for i, caller := range callers {
		ears[i] = r.listen(caller, "")
	}
	// Who listens to a filter by a guarded field is refused.
	for field := range r.m.table.Guards {
		if r.m.where == nil || r.m.where.Fields.ForName(field) == nil {
			continue
		}
		f := r.m.where.Fields.ForName(field)
		for _, caller := range callers {
			where, _ := r.where(f, r.names()[0])
			if !r.mayName(caller, field) {
				m := r.listen(caller, "(where: "+where+")").read()
				r.check(strings.Contains(string(m.Payload), `"FORBIDDEN"`), "%s may listen by %s: %s %s", caller, field, m.Type, m.Payload)
			}
		}
	}

	end := r.m.id(helper)
	r.write(r.insert(r.m, r.fill(r.m, helper, r.sample(r.m))))
	mark := int64(1)
	next := func() {
		mark++
		r.write(core.Op{Kind: core.OpUpdate, Coll: r.m.spec.Name, Filter: core.Eq("_id", end), Patch: core.Patch{core.Set("version", mark)}})
	}
	// A server does not say when it begins to listen: it does when it has heard.
	heard := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-heard:
				return
			default:
				next()
			}
		}
	}()
	for _, e := range ears {
		e.event()
	}
	close(heard)
	<-done
	next()
	for _, e := range ears {
		e.until(end, mark)
	}

	before := ""
	for _, step := range r.walk() {
		r.move(before, step)
		next()
		for _, e := range ears {
			want := ""
			sees := func(record string) bool { return record != "" && r.m.table.Read.allows(e.caller, record) }
			switch {
			case sees(before) && sees(step):
				want = "UPDATED"
			case sees(step):
				want = "ADDED"
			case sees(before):
				want = "REMOVED"
			}
			got := e.until(end, mark)
			what := fmt.Sprintf("%s, when %s %q becomes %q", e.caller, r.m.spec.Type, before, step)
			switch {
			case want == "":
				r.check(len(got) == 0, "%s, hears %v instead of nothing", what, got)
			case r.check(len(got) == 1 && got[0].at(r.m.changed, "kind") == want && got[0].at(r.m.changed, "changedId") == r.m.id(mover), "%s, hears %v instead of %s", what, got, want):
				a, doc := got[0], r.recordOf(got[0])
				if want == "REMOVED" {
					r.check(doc == nil, "%s, is shown what it must not see any more: %v", what, doc)
				} else {
					doc["id"] = r.m.id(step) // as the table calls it
					r.shows(a, e.caller, step, "", r.m.changed, r.changedRecord())
				}
				r.check(len(a.errors) == 0, "%s, hears %v", what, a.errors)
			}
		}
		if before = step; r.done() {
			return
		}
	}
}

// walk passes from each record to each other one; it begins and ends where there
// is none.
func (r *run) walk() []string {
	var steps []string
	for i, a := range r.names() {
		steps = append(steps, a, a)
		for _, b := range r.names()[i+1:] {
			steps = append(steps, b, a)
		}
		steps = append(steps, "") // from here on it is gone, and comes again as the next
	}
	return steps
}

// move makes of the mover, which is like one record, another; "" is none.
func (r *run) move(before, after string) {
	id := r.m.id(mover)
	switch {
	case before == "":
		r.write(r.insert(r.m, r.likeness(after)))
	case after == "":
		r.write(core.Op{Kind: core.OpDelete, Coll: r.m.spec.Name, Filter: core.Eq("_id", id)})
	default:
		likeness := r.likeness(after)
		patch := append(r.served[r.m.spec.Name].Hidden(document(likeness, nil)), core.Inc("version", 1))
		for field, v := range likeness {
			if field != "_id" && field != "version" {
				patch = append(patch, core.Set(field, v))
			}
		}
		r.write(core.Op{Kind: core.OpUpdate, Coll: r.m.spec.Name, Filter: core.Eq("_id", id), Patch: patch})
	}
}

// likeness is the mover as it is like a record, but for what must be unique.
func (r *run) likeness(record string) Fields {
	f := maps.Clone(r.stored[record])
	for _, field := range r.suite.unique[r.m.spec.Name] {
		delete(f, field)
	}
	f["_id"], f["updatedAt"] = r.m.id(mover), core.Millis(time.Now())
	return f
}

// changedRecord is the field of a change that holds the record.
func (r *run) changedRecord() string {
	for _, f := range r.suite.schema.Types[r.m.spec.Type+"Change"].Fields {
		if f.Type.Name() == r.m.spec.Type {
			return f.Name
		}
	}
	return ""
}

func (r *run) recordOf(a answer) map[string]any {
	doc, _ := a.at(r.m.changed, r.changedRecord()).(map[string]any)
	return doc
}

// ear is a caller who listens, on a socket of its own.
type ear struct {
	r      *run
	caller string
	ws     *websocket.Conn
}

type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// deadline bounds each step of a conversation.
const deadline = 20 * time.Second

// listen subscribes to all changes of the model, or those that arguments find.
func (r *run) listen(caller, arguments string) *ear {
	ctx, cancel := context.WithTimeout(r.t.Context(), deadline)
	defer cancel()
	ws, res, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.server.URL, "http")+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		r.t.Fatal(err)
	}
	if res.Body != nil {
		res.Body.Close()
	}
	ws.SetReadLimit(1 << 20)
	r.t.Cleanup(func() { _ = ws.CloseNow() })
	e := &ear{r: r, caller: caller, ws: ws}
	init := map[string]any{"type": "connection_init"}
	if caller != "visitor" {
		init["payload"] = map[string]string{"Authorization": "Bearer " + caller}
	}
	e.write(init)
	if m := e.read(); m.Type != "connection_ack" {
		r.t.Fatalf("init was answered by %s %s", m.Type, m.Payload)
	}
	e.write(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{
		"query": fmt.Sprintf("subscription { %s%s { kind changedId %s { ...all } } }\n%s", r.m.changed, arguments, r.changedRecord(), r.fragment()),
	}})
	return e
}

func (e *ear) write(v any) {
	ctx, cancel := context.WithTimeout(e.r.t.Context(), deadline)
	defer cancel()
	if err := wsjson.Write(ctx, e.ws, v); err != nil {
		e.r.t.Fatal(err)
	}
}

// read is the next message that is no ping.
func (e *ear) read() message {
	ctx, cancel := context.WithTimeout(e.r.t.Context(), deadline)
	defer cancel()
	for {
		var m message
		if err := wsjson.Read(ctx, e.ws, &m); err != nil {
			e.r.t.Fatal(err)
		}
		if m.Type != "ping" && m.Type != "pong" {
			return m
		}
	}
}

func (e *ear) event() answer {
	m := e.read()
	if m.Type != "next" {
		e.r.t.Fatalf("%s hears %s %s", e.caller, m.Type, m.Payload)
	}
	return e.r.parse(e.caller, m.Payload)
}

// until is what the caller hears before the change of a helper to a version.
func (e *ear) until(id string, version int64) (heard []answer) {
	for {
		a := e.event()
		if a.at(e.r.m.changed, "changedId") != id {
			heard = append(heard, a)
			continue
		}
		if v, _ := e.r.recordOf(a)["version"].(float64); int64(v) == version {
			return heard
		}
	}
}
