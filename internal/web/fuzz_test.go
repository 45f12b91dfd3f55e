package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/draw"
	"github.com/grapnel/grapnel/internal/web"
)

// withServer runs use with a server of its own. When use has left its socket,
// nothing of it may remain: no goroutine, no subscription, no failure in the log.
func withServer(t *testing.T, schema *fake, use func(address string)) {
	t.Helper()
	log := &buffer{}
	h, err := web.New(web.Config{
		Schema:       schema,
		Authenticate: (&users{tokens: map[string]core.Principal{"good": {UserID: "user_1", Role: core.Member, SessionID: "session_1"}}}).authenticate,
		Log:          slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelError})),
		Limits:       web.Limits{Body: 4096, SocketOperations: 4, UserCost: -1, NetworkCost: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(log, nil), slog.LevelError)
	s.Start()
	defer s.Close()
	use(s.Listener.Addr().String())
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	// It waits for the sockets to end by themselves.
	if err := h.Shutdown(ctx); err != nil {
		t.Errorf("a socket outlived its client: %v", err)
	}
	until(t, "a subscription outlived its socket", func() bool { return schema.open.Load() == 0 })
	if text := log.String(); text != "" {
		t.Error(text)
	}
}

// dialogue is what a client sends on one socket, and what the protocol says of
// it.
type dialogue struct {
	*rand.Rand
	begun      bool            // connection_init was sent
	acked      bool            // and has surely been answered
	subscribed int             // operations so far; numbers them
	ids        map[string]int  // how often each id was subscribed
	endless    map[string]bool // ids whose operation surely runs
	finite     map[string]int  // operations that end by themselves
	mortal     map[string]int  // those, and others that may find no place
	completed  map[string]bool // ids that the client has completed once
	alive      map[string][]int
	dead       []int                  // operations that the client has completed
	pinged     map[int][]int          // by ping: those that were dead by then
	quiet      map[int]map[string]int // by ping: the ids without a living one, and how often they were subscribed by then
	maybe      map[int]bool           // codes with which the server may close the socket, depending on how far it is
}

// operations begin with a field that gets the operation's number as its alias.
var operations = []string{
	"subscription{%s:forever}", "subscription{%s:forever}", "{%s:slow}", // they do not end by themselves
	"subscription{%s:ticks(n:3)}", "subscription{%s:ticks(n:0)}", "{%s:hello}", "mutation{%s:touch}", "subscription{%s:broken}",
	"subscription{%s:refused}", "subscription{%s:flawed}", "{%s:fail}", "{%s:nope}", "{%s", "subscription{%s:ticks(n:1) forever}", "query A{%s:hello} query B{hello}", "",
}

func pick[T any](r *dialogue, pool ...T) T { return pool[r.IntN(len(pool))] }

// message draws a message: seldom one that closes the socket, for there is most
// to see before that.
func (d *dialogue) message() (kind websocket.MessageType, text string) {
	kind = websocket.MessageText
	id, n := pick(d, "a", "b", "é\u0000\"", strings.Repeat("é", 200)), d.IntN(32)
	switch other := d.IntN(8); {
	case other < 5 && n < 16:
		id = fmt.Sprint(d.subscribed) // a new one
	case other < 5 && d.subscribed > 0:
		id = fmt.Sprint(d.IntN(d.subscribed))
	}
	quoted, _ := json.Marshal(id)
	if !d.begun && d.IntN(8) > 0 {
		n = 0
	}
	rare := d.IntN(16) == 0
	switch {
	case n == 0:
		text = `{"type":"connection_init"` + pick(d, ``, `,"payload":null`, `,"payload":{}`, `,"payload":{"token":"good"}`, `,"payload":{"Authorization":"Bearer good"}`, `,"payload":{"token":""}`) + `}`
		if rare {
			text = `{"type":"connection_init","payload":` + pick(d, `{"token":"bad"}`, `{"token":7}`, `[]`) + `}`
		}
	case n < 16:
		o := pick(d, operations...)
		if strings.Contains(o, "%s") {
			o = fmt.Sprintf(o, fmt.Sprintf("i%d", d.subscribed))
		}
		query, _ := json.Marshal(o)
		payload := pick(d, `{"query":%s}`, `{"query":%s}`, `{"query":%s}`, `{"query":%s,"variables":{},"extensions":null,"more":1}`, `{"query":%s,"variables":{"n":1}}`)
		if rare {
			payload = pick(d, `{"query":%s,"operationName":"A"}`, `{"query":%s,"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, `{"query":[%s]}`, `[%s]`)
		}
		text = fmt.Sprintf(`{"type":"subscribe","id":%s,"payload":`+payload+`}`, quoted, query)
	case n < 26:
		if text = fmt.Sprintf(`{"type":"complete","id":%s}`, quoted); rare {
			text = fmt.Sprintf(`{"type":"complete","id":%s}`, pick(d, `"unknown"`, `""`))
		}
	case n == 26:
		text = pick(d, `{"type":"subscribe","id":"x"}`, `{"type":"subscribe","payload":{"query":"{hello}"}}`, `{"type":"complete"}`, `{"type":"next","id":"a","payload":{}}`, `{"type":"error","id":"a","payload":[]}`, `{"type":"connection_ack"}`, `{"type":"complete","id":"`+strings.Repeat("x", 1025)+`"}`)
	case n == 27:
		text = pick(d, `{`, `[]`, `{}`, `null`, `"ping"`, `{"type":7}`, `{"type":"ping","id":7}`, `{"TYPE":"ping"}`, `{"type":"ping"}{"type":"ping"}`, "\xff", ``, `{"type":"start"}`, strings.Repeat("[", 3000))
	case n == 28:
		text = `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 4000) + pick(d, ``, ``, ``, strings.Repeat("x", 100)) + `"}}`
	case n == 29 && rare:
		kind, text = websocket.MessageBinary, `{"type":"pong"}`
	case n == 30:
		text = `{"type":"ping"}`
	default:
		text = `{"type":"pong"` + pick(d, ``, `,"payload":{"a":1}`, `,"payload":null`) + `}`
		if rare {
			text = `{"type":"ping","payload":7}`
		}
	}
	return kind, text
}

// judge says with which code the server closes the socket on a message; 0 when
// it goes on.
func (d *dialogue) judge(kind websocket.MessageType, text string) int {
	if len(text) > 4096 {
		return 1009
	}
	var m message
	var keys map[string]any
	var payload map[string]any
	if kind != websocket.MessageText || json.Unmarshal([]byte(text), &keys) != nil || json.Unmarshal([]byte(text), &m) != nil || keys["type"] == nil ||
		len(m.Payload) > 0 && json.Unmarshal(m.Payload, &payload) != nil || len(m.ID) > 1024 {
		return 4400
	}
	switch m.Type {
	case "ping", "pong":
	case "connection_init":
		if d.begun {
			return 4429
		}
		d.begun = true
		switch payload["token"] {
		case nil, "", "good":
		case "bad":
			return 4403
		default:
			return 4400
		}
	case "subscribe":
		query, _ := payload["query"].(string)
		switch {
		case m.ID == "" || payload == nil || query == "" && payload["extensions"] == nil:
			return 4400
		case !d.begun:
			return 4401
		case !d.acked:
			d.maybe[4401] = true
		}
		if d.ids[m.ID] > 0 && !d.completed[m.ID] || len(d.alive[m.ID]) > 0 {
			if d.endless[m.ID] {
				return 4409
			}
			d.maybe[4409] = true
		}
		endless := strings.Contains(query, "forever}") && !strings.Contains(query, "ticks") || strings.Contains(query, "slow")
		endless = endless && payload["extensions"] == nil && payload["operationName"] == nil
		// Beyond the limit it is an error; what has ended may still count.
		d.endless[m.ID] = endless && d.subscribed < 4
		if !endless {
			d.finite[m.ID]++
		}
		if !d.endless[m.ID] {
			d.mortal[m.ID]++
		}
		d.alive[m.ID] = append(d.alive[m.ID], d.subscribed)
		d.ids[m.ID]++
		d.subscribed++
	case "complete":
		if m.ID == "" {
			return 4400
		}
		d.dead = append(d.dead, d.alive[m.ID]...)
		delete(d.alive, m.ID)
		d.completed[m.ID] = true
		delete(d.endless, m.ID)
	default:
		return 4400
	}
	return 0
}

// hearing is what the client makes of what it hears.
type hearing struct {
	*dialogue
	t      *testing.T
	acked  bool
	newest map[string]int // the operation of each id that was heard of last
	over   map[string]int // up to which operation an id is over
	ends   map[string]int // complete and error messages
	most   map[string]int // how many of those may still come in all
	dead   map[int]bool   // operations of which nothing more may come
}

func (h *hearing) hear(m message) {
	if m.Type != "pong" && m.Type != "connection_ack" && !h.acked {
		h.t.Errorf("%+v before the ack", m)
	}
	switch m.Type {
	case "connection_ack":
		if h.acked {
			h.t.Error("a second ack")
		}
		h.acked = true
	case "pong":
		for _, op := range h.pinged[numberOf(m)] {
			h.dead[op] = true
		}
		for id, subscribed := range h.quiet[numberOf(m)] {
			h.most[id] = h.ends[id] + h.ids[id] - subscribed
		}
	case "next":
		var payload struct {
			Data   map[string]any
			Errors []struct{ Extensions struct{ Code core.Code } }
		}
		op := -1
		err := json.Unmarshal(m.Payload, &payload)
		for name := range payload.Data {
			_, err = fmt.Sscanf(name, "i%d", &op)
		}
		for _, e := range payload.Errors {
			h.code(e.Extensions.Code, m)
		}
		if err != nil || op < 0 || len(payload.Data) != 1 {
			h.t.Errorf("next for %q: %s, %v", m.ID, m.Payload, err)
			return
		}
		if before, ok := h.over[m.ID]; ok && op <= before || op < h.newest[m.ID] || h.dead[op] {
			h.t.Errorf("next of operation %d for %q, which was over", op, m.ID)
		}
		h.newest[m.ID] = op
	case "error":
		var payload []struct{ Extensions struct{ Code core.Code } }
		if err := json.Unmarshal(m.Payload, &payload); err != nil || len(payload) == 0 {
			h.t.Errorf("error for %q: %s", m.ID, m.Payload)
		}
		for _, e := range payload {
			h.code(e.Extensions.Code, m)
		}
		h.end(m.ID)
	case "complete":
		h.end(m.ID)
	default:
		h.t.Errorf("unknown message %+v", m)
	}
}

// numberOf is the number of the ping that a pong answers.
func numberOf(m message) int {
	var payload struct{ N int }
	_ = json.Unmarshal(m.Payload, &payload)
	return payload.N
}

func (h *hearing) code(c core.Code, m message) {
	if c == "" || c == core.Internal {
		h.t.Errorf("%s for %q: %s", m.Type, m.ID, m.Payload)
	}
}

func (h *hearing) end(id string) {
	if newest, ok := h.newest[id]; ok {
		h.over[id] = newest
	}
	h.ends[id]++
	if most, ok := h.most[id]; h.ends[id] > h.mortal[id] || ok && h.ends[id] > most {
		h.t.Errorf("%q has ended %d times, of %d operations that could, or had ended before", id, h.ends[id], h.mortal[id])
	}
}

// finished reports whether all has ended that ends by itself.
func (h *hearing) finished() bool {
	for id, n := range h.finite {
		if !h.completed[id] && h.ends[id] < n {
			return false
		}
	}
	return true
}

// Whatever messages come in which order, each is answered as the protocol says,
// or the socket is closed with the code that it says.
func FuzzSocket(f *testing.F) {
	seeds := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		data := make([]byte, 40+i)
		for j := range data {
			data[j] = byte(seeds.Uint32())
		}
		f.Add(data)
	}
	schema := newFake()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 200 {
			return
		}
		withServer(t, schema, func(address string) { converse(t, address, draw.From(data), len(data)/4) })
	})
}

func converse(t *testing.T, address string, r *rand.Rand, length int) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws://"+address+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	var (
		mu      sync.Mutex
		heard   []message
		settled = make(chan bool) // acknowledged, or closed
		settle  = sync.OnceFunc(func() { close(settled) })
		closed  error
		reading sync.WaitGroup
	)
	reading.Go(func() {
		for {
			_, b, err := conn.Read(ctx)
			var m message
			if err == nil {
				err = json.Unmarshal(b, &m)
			}
			mu.Lock()
			if heard = append(heard, m); err != nil {
				heard, closed = heard[:len(heard)-1], err
			}
			mu.Unlock()
			if m.Type == "connection_ack" || err != nil {
				settle()
			}
			if err != nil {
				return
			}
		}
	})

	d := &dialogue{Rand: r, ids: map[string]int{}, endless: map[string]bool{}, finite: map[string]int{}, mortal: map[string]int{}, completed: map[string]bool{}, alive: map[string][]int{}, pinged: map[int][]int{}, quiet: map[int]map[string]int{}, maybe: map[int]bool{}}
	var sent []string
	send := func(kind websocket.MessageType, text string) bool {
		sent = append(sent, fmt.Sprintf("%.200s", text))
		return conn.Write(ctx, kind, []byte(text)) == nil
	}
	// Its pong says that all before it was taken.
	pings := 0
	ping := func() bool {
		pings++
		d.pinged[pings], d.quiet[pings] = append([]int(nil), d.dead...), map[string]int{}
		for id, n := range d.ids {
			if len(d.alive[id]) == 0 {
				d.quiet[pings][id] = n
			}
		}
		return send(websocket.MessageText, fmt.Sprintf(`{"type":"ping","payload":{"n":%d}}`, pings))
	}
	want, open := 0, true
	for i := 0; i < length && want == 0 && open; i++ {
		kind, text := d.message()
		want = d.judge(kind, text)
		if open = send(kind, text); open && want == 0 && d.IntN(3) == 0 {
			open = ping()
		}
		patient := d.IntN(8) > 0 // as most clients are
		if d.begun && want == 0 && open && patient {
			<-settled
			d.acked = true
		}
	}
	if want == 0 && open {
		ping()
	}

	h := &hearing{dialogue: d, t: t, newest: map[string]int{}, over: map[string]int{}, ends: map[string]int{}, most: map[string]int{}, dead: map[int]bool{}}
	next := func() (m message, ok bool, end error) {
		mu.Lock()
		defer mu.Unlock()
		if len(heard) > 0 {
			m, heard = heard[0], heard[1:]
			return m, true, nil
		}
		return m, false, closed
	}
	answered := false
	for ctx.Err() == nil {
		m, ok, end := next()
		if ok {
			h.hear(m)
			answered = answered || m.Type == "pong" && numberOf(m) == pings
			continue
		}
		var e websocket.CloseError
		if end != nil {
			if !errors.As(end, &e) || int(e.Code) != want && !d.maybe[int(e.Code)] || e.Reason == "" {
				t.Errorf("closed with %v, want %d, or %v; sent\n%s", end, want, d.maybe, strings.Join(sent, "\n"))
			}
			reading.Wait()
			return
		}
		if answered && want == 0 && h.finished() {
			break
		}
		time.Sleep(50 * time.Microsecond)
	}
	if ctx.Err() != nil {
		t.Errorf("neither answered nor closed, want %d; sent\n%s", want, strings.Join(sent, "\n"))
	}
	_ = conn.Close(websocket.StatusNormalClosure, "")
	reading.Wait()
}

// frame is a frame of a client, whose mask changes nothing.
func frame(first byte, payload string) []byte {
	b := []byte{first, 0x80 | byte(min(len(payload), 126))}
	if len(payload) > 125 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// Whatever bytes follow the upgrade, the server speaks the protocol, and leaves
// soon after the client has.
func FuzzFrames(f *testing.F) {
	const text, binaries, closing, ping, pong, fin = 1, 2, 8, 9, 10, 0x80
	hello := string(frame(fin|text, `{"type":"connection_init"}`)) + string(frame(fin|text, `{"type":"subscribe","id":"1","payload":{"query":"subscription{ticks(n:2)}"}}`))
	for _, b := range [][]byte{
		{}, []byte(hello), frame(fin|text, "{"), frame(fin|binaries, "{}"), frame(fin|text, "\xff"), frame(fin|text, strings.Repeat(" ", 5000)),
		append(frame(text, `{"type":`), frame(fin, `"ping"}`)...), append(append(frame(text, `{"type":`), frame(fin|ping, "x")...), frame(fin, `"ping"}`)...),
		append(frame(text, "{"), frame(fin|text, "}")...), frame(fin, "x"), bytes.Repeat(frame(0, ""), 50), append(frame(text, ""), bytes.Repeat(frame(0, strings.Repeat(" ", 1000)), 6)...),
		frame(fin|closing, "\x03\xe8bye"), frame(fin|closing, ""), frame(fin|closing, "\x03"), frame(fin|closing, "\x03\xed"), frame(fin|closing, "\x11\x94"), frame(fin|closing, "\x03\xe8\xff"),
		frame(closing, ""), frame(fin|ping, strings.Repeat("x", 126)), bytes.Repeat(frame(fin|ping, "x"), 100), frame(fin|pong, "x"),
		frame(fin|0x40|text, "{}"), frame(fin|0x30|text, "{}"), frame(fin|3, ""), frame(fin|15, ""), {fin | text, 2, '{', '}'},
		{fin | text, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}, {fin | text, 0x80 | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5},
		{fin | text, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, '{', '}'}, {fin | text}, {fin | text, 0x80 | 126, 0}, {fin | text, 0x82, 1, 2, 3, 4, '{' ^ 1, '}' ^ 2},
		[]byte("GET / HTTP/1.1\r\n\r\n"), append([]byte(hello), frame(fin|closing, "\x03\xe9")...), append([]byte(hello), frame(fin|text, `{"type":"connection_init"}`)...),
	} {
		f.Add(b)
	}
	schema := newFake()
	f.Fuzz(func(t *testing.T, data []byte) {
		withServer(t, schema, func(address string) { exchange(t, address, data) })
	})
}

func exchange(t *testing.T, address string, data []byte) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "GET /graphql HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", address)
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", res, err)
	}
	_, _ = c.Write(data) // the server may have enough before the end
	_ = c.(*net.TCPConn).CloseWrite()
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			var slow net.Error
			if errors.As(err, &slow) && slow.Timeout() {
				t.Error("the server did not leave")
			}
			return
		}
		size := int(head[1])
		switch size {
		case 126:
			var n uint16
			err = binary.Read(r, binary.BigEndian, &n)
			size = int(n)
		case 127:
			t.Fatal("a frame larger than anything that was asked for")
		}
		payload := make([]byte, size&0xffff)
		if err == nil {
			_, err = io.ReadFull(r, payload)
		}
		if err != nil {
			return // reset: there were bytes that it did not read
		}
		var m message
		switch {
		case head[1]&0x80 != 0 || head[0]&0xf0 != 0x80:
			t.Errorf("a frame that begins with %x", head)
		case head[0] == 0x81:
			if err := json.Unmarshal(payload, &m); err != nil || m.Type == "" {
				t.Errorf("%q: %v", payload, err)
			}
		case head[0] == 0x88:
			if code := uint16(0); size > 0 {
				if code = binary.BigEndian.Uint16(append(payload, 0)); code < 1000 || code > 4999 {
					t.Errorf("closed with %d", code)
				}
			}
		case head[0] != 0x89 && head[0] != 0x8a:
			t.Errorf("a frame that begins with %x", head)
		}
	}
}
