package mongod

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"go.mongodb.org/mongo-driver/bson"
)

// The parts of the wire protocol that a current driver uses; see
// https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/.
const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013

	flagChecksum   = 1 << 0
	flagMoreToCome = 1 << 1 // no reply is wanted
	flagExhaust    = 1 << 16

	maxMessage  = 48_000_000
	maxDocument = 16 << 20
)

// message is one request.
type message struct {
	id     int32
	op     int32
	silent bool
	body   bson.D
}

var errProtocol = errors.New("mongod: malformed message")

func readMessage(r io.Reader) (*message, error) {
	var head [16]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int32(binary.LittleEndian.Uint32(head[:]))
	m := &message{id: int32(binary.LittleEndian.Uint32(head[4:])), op: int32(binary.LittleEndian.Uint32(head[12:]))}
	if size < 16 || size > maxMessage {
		return nil, errProtocol
	}
	b := make([]byte, size-16)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	switch m.op {
	case opMsg:
		return m, m.readMsg(b)
	case opQuery:
		return m, m.readQuery(b)
	}
	return nil, fmt.Errorf("%w: opcode %d", errProtocol, m.op)
}

// readMsg reads flags, one document, and sequences of documents, which are
// fields of the command written another way.
func (m *message) readMsg(b []byte) error {
	if len(b) < 4 {
		return errProtocol
	}
	flags := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if flags&^(flagChecksum|flagMoreToCome|flagExhaust) != 0 {
		return fmt.Errorf("%w: flags %b", errProtocol, flags)
	}
	m.silent = flags&flagMoreToCome != 0
	if flags&flagChecksum != 0 {
		if len(b) < 4 {
			return errProtocol
		}
		b = b[:len(b)-4]
	}
	var lists bson.D
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		switch kind {
		case 0:
			if m.body != nil {
				return errProtocol
			}
			raw, rest, err := cutDocument(b)
			if err != nil {
				return err
			}
			if err := bson.Unmarshal(raw, &m.body); err != nil {
				return err
			}
			b = rest
		case 1:
			section, rest, err := cutSized(b)
			if err != nil {
				return err
			}
			list, err := readSequence(section)
			if err != nil {
				return err
			}
			lists, b = append(lists, list), rest
		default:
			return errProtocol
		}
	}
	if m.body == nil {
		return errProtocol
	}
	m.body = append(m.body, lists...)
	return nil
}

func readSequence(b []byte) (bson.E, error) {
	name, b, err := cutString(b)
	if err != nil {
		return bson.E{}, err
	}
	list := bson.A{}
	for len(b) > 0 {
		raw, rest, err := cutDocument(b)
		if err != nil {
			return bson.E{}, err
		}
		var d bson.D
		if err := bson.Unmarshal(raw, &d); err != nil {
			return bson.E{}, err
		}
		list, b = append(list, d), rest
	}
	return bson.E{Key: name, Value: list}, nil
}

// readQuery reads the legacy message that may only carry the first handshake.
func (m *message) readQuery(b []byte) error {
	if len(b) < 4 {
		return errProtocol
	}
	name, b, err := cutString(b[4:])
	if err != nil {
		return err
	}
	if name != "admin.$cmd" || len(b) < 8 {
		return errProtocol
	}
	raw, _, err := cutDocument(b[8:])
	if err != nil {
		return err
	}
	if err := bson.Unmarshal(raw, &m.body); err != nil {
		return err
	}
	if len(m.body) == 0 || (m.body[0].Key != "isMaster" && m.body[0].Key != "ismaster" && m.body[0].Key != "hello") {
		return errProtocol
	}
	m.body = append(m.body, bson.E{Key: "$db", Value: "admin"})
	return nil
}

// cutSized cuts off a part that begins with its own length.
func cutSized(b []byte) (part, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errProtocol
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n < 4 || n > int64(len(b)) {
		return nil, nil, errProtocol
	}
	return b[4:n], b[n:], nil
}

func cutDocument(b []byte) (doc, rest []byte, err error) {
	_, rest, err = cutSized(b)
	if err != nil {
		return nil, nil, err
	}
	return b[:len(b)-len(rest)], rest, nil
}

func cutString(b []byte) (string, []byte, error) {
	for i, c := range b {
		if c == 0 {
			return string(b[:i]), b[i+1:], nil
		}
	}
	return "", nil, errProtocol
}

// writeMessage answers in the protocol of the question.
func writeMessage(w io.Writer, m *message, reply bson.D) error {
	raw, err := bson.Marshal(reply)
	if err != nil {
		return err
	}
	if len(raw) > math.MaxInt32-36 {
		return errProtocol
	}
	op, prefix := uint32(opMsg), make([]byte, 5) // no flags, one document
	if m.op == opQuery {
		op, prefix = opReply, make([]byte, 20)
		binary.LittleEndian.PutUint32(prefix, 8)      // await capable
		binary.LittleEndian.PutUint32(prefix[16:], 1) // one document
	}
	b := make([]byte, 0, 16+len(prefix)+len(raw))
	b = binary.LittleEndian.AppendUint32(b, uint32(16+len(prefix)+len(raw)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.id))
	b = binary.LittleEndian.AppendUint32(b, op)
	b = append(append(b, prefix...), raw...)
	_, err = w.Write(b)
	return err
}
