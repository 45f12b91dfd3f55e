package core

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/pbkdf2"
	"golang.org/x/crypto/scrypt"
)

// The hashes of passwords that other systems have made, beside our own.

// Bounds of what one may cost: a hash must take neither the memory of the machine nor a worker
// for long. Each is about a second of a processor at most.
const (
	maxHash          = 1024 // characters
	maxBcryptCost    = 14
	maxPhpassCost    = 20      // log2 of its rounds
	maxPBKDF2Rounds  = 4 << 20 // Django 6 has 1,200,000
	maxArgonMemory   = 16 * argonMemory
	maxArgonWork     = 1 << 20 // KiB times passes
	maxArgonThreads  = 16
	maxScryptCost    = 17 // log2
	maxScryptBlock   = 8
	minHashBytes     = 16
	minHashSaltBytes = 8
)

var (
	errHashForm = errors.New("it has none of the forms that are known: bcrypt, phpass, Argon2id or Argon2i, PBKDF2 of Django, scrypt of Firebase")
	errHashCost = errors.New("it asks for costs that are out of bounds")
)

// parseHash reads a hash of a password: ours, or that of another system. What it returns
// reports whether a password is the one.
func parseHash(hash string) (matches func(password string) bool, err error) {
	if len(hash) > maxHash {
		return nil, errHashForm
	}
	kind, rest, _ := strings.Cut(strings.TrimPrefix(hash, "$"), "$")
	parse, known := hashForms[kind]
	if !known {
		return nil, errHashForm
	}
	return parse(hash, strings.Split(rest, "$"))
}

// hashForms read hashes by what they begin with: the whole, and its parts behind that.
var hashForms = map[string]func(hash string, parts []string) (func(string) bool, error){
	"argon2id": parseArgon2(argon2.IDKey), "argon2i": parseArgon2(argon2.Key),
	"2a": parseBcrypt, "2b": parseBcrypt, "2y": parseBcrypt,
	"P": parsePhpass, "H": parsePhpass,
	"pbkdf2_sha256":   parseDjango,
	"firebase-scrypt": parseFirebase,
}

// derives is a hash of which a key is derived from the password.
func derives(key []byte, derive func(password []byte) []byte) func(string) bool {
	return func(password string) bool { return subtle.ConstantTimeCompare(derive([]byte(password)), key) == 1 }
}

// parseArgon2 reads v=19$m=MEMORY,t=PASSES,p=THREADS$SALT$KEY, as the PHC string format has it.
func parseArgon2(derive func(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte) func(string, []string) (func(string) bool, error) {
	return func(_ string, parts []string) (func(string) bool, error) {
		if len(parts) != 4 || parts[0] != fmt.Sprintf("v=%d", argon2.Version) {
			return nil, errHashForm
		}
		memory, passes, threads, err := costs(parts[1], "m", "t", "p")
		salt, key := unbase64(parts[2]), unbase64(parts[3])
		switch {
		case err != nil || len(salt) < minHashSaltBytes || len(key) < minHashBytes || passes < 1 || threads < 1 || memory < 8*threads: // RFC 9106, section 3.1
			return nil, errHashForm
		case memory > maxArgonMemory || memory*passes > maxArgonWork || threads > maxArgonThreads:
			return nil, errHashCost
		}
		return derives(key, func(password []byte) []byte {
			return derive(password, salt, uint32(passes), uint32(memory), uint8(threads), uint32(len(key)))
		}), nil
	}
}

// costs reads three numbers such as m=19456,t=2,p=1.
func costs(text string, names ...string) (a, b, c uint64, err error) {
	var n [3]uint64
	parts := strings.Split(text, ",")
	if len(parts) != len(names) {
		return 0, 0, 0, errHashForm
	}
	for i, name := range names {
		digits, named := strings.CutPrefix(parts[i], name+"=")
		if n[i], err = strconv.ParseUint(digits, 10, 32); !named || err != nil {
			return 0, 0, 0, errHashForm
		}
	}
	return n[0], n[1], n[2], nil
}

// parseBcrypt reads a hash of bcrypt, which takes no more than 72 bytes of a password.
func parseBcrypt(hash string, _ []string) (func(string) bool, error) {
	cost, err := bcrypt.Cost([]byte(hash))
	switch {
	case err != nil || len(hash) != 60 || hash[0] != '$':
		return nil, errHashForm
	case cost > maxBcryptCost:
		return nil, errHashCost
	}
	return func(password string) bool {
		return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
	}, nil
}

// phpassDigits are the digits of phpass, for its base64 and its cost.
const phpassDigits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// parsePhpass reads a portable hash of phpass, as WordPress and phpBB had them: the logarithm
// of its rounds as one digit, 8 characters of salt, and 22 of an MD5.
func parsePhpass(hash string, parts []string) (func(string) bool, error) {
	if len(hash) != 34 || hash[0] != '$' || len(parts) != 1 {
		return nil, errHashForm
	}
	cost := strings.IndexByte(phpassDigits, hash[3])
	switch {
	case cost < 7 || strings.Trim(hash[12:], phpassDigits) != "":
		return nil, errHashForm
	case cost > maxPhpassCost:
		return nil, errHashCost
	}
	salt := hash[4:12]
	return derives([]byte(hash[12:]), func(password []byte) []byte {
		sum := md5.Sum(append([]byte(salt), password...))
		next := append(sum[:], password...)
		for range 1 << cost {
			sum = md5.Sum(next)
			copy(next, sum[:])
		}
		return phpassText(sum[:])
	}), nil
}

// phpassText writes bytes as phpass does: three of them, the least first, in four digits.
func phpassText(bytes []byte) (text []byte) {
	for len(bytes) > 0 {
		var n uint
		part := bytes[:min(3, len(bytes))]
		for i, b := range part {
			n |= uint(b) << (8 * i)
		}
		for range len(part) + 1 {
			text, n = append(text, phpassDigits[n%64]), n/64
		}
		bytes = bytes[len(part):]
	}
	return text
}

// parseDjango reads pbkdf2_sha256$ROUNDS$SALT$KEY; the salt is text.
func parseDjango(hash string, parts []string) (func(string) bool, error) {
	if len(parts) != 3 || hash[0] == '$' {
		return nil, errHashForm
	}
	rounds, err := strconv.ParseUint(parts[0], 10, 32)
	salt, key := parts[1], unbase64(parts[2])
	switch {
	case err != nil || rounds < 1 || salt == "" || len(key) != sha256.Size:
		return nil, errHashForm
	case rounds > maxPBKDF2Rounds:
		return nil, errHashCost
	}
	return derives(key, func(password []byte) []byte {
		return pbkdf2.Key(password, []byte(salt), int(rounds), len(key), sha256.New)
	}), nil
}

// parseFirebase reads $firebase-scrypt$n=COST,r=ROUNDS,p=1$SIGNER$SEPARATOR$SALT$HASH: of the
// project its mem_cost, rounds, base64_signer_key and base64_salt_separator, and of the user
// salt and passwordHash. The hash is the signer key, encrypted by AES-256-CTR with what scrypt
// makes of the password.
func parseFirebase(hash string, parts []string) (func(string) bool, error) {
	if len(parts) != 5 || hash[0] != '$' {
		return nil, errHashForm
	}
	cost, block, parallel, err := costs(parts[0], "n", "r", "p")
	signer, separator, salt, want := unbase64(parts[1]), unbase64(parts[2]), unbase64(parts[3]), unbase64(parts[4])
	switch {
	case err != nil || cost < 1 || block < 1 || parallel != 1 || len(signer) < minHashBytes || len(signer) != len(want) || len(salt) == 0 || parts[2] != "" && separator == nil:
		return nil, errHashForm
	case cost > maxScryptCost || block > maxScryptBlock:
		return nil, errHashCost
	}
	return derives(want, func(password []byte) []byte {
		key, err := scrypt.Key(password, append(salt[:len(salt):len(salt)], separator...), 1<<cost, int(block), 1, 32)
		if err != nil {
			return nil
		}
		aes256, err := aes.NewCipher(key)
		if err != nil {
			return nil
		}
		out := make([]byte, len(signer))
		cipher.NewCTR(aes256, make([]byte, aes.BlockSize)).XORKeyStream(out, signer)
		return out
	}), nil
}

// unbase64 reads base64 of either alphabet, padded or not; nil when it is none.
func unbase64(text string) []byte {
	b, err := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "=")))
	if err != nil {
		return nil
	}
	return b
}

// passwordHash checks that a hash of another system can be verified here.
func (c *Checker) passwordHash(path, hash string) {
	if _, err := parseHash(hash); errors.Is(err, errHashCost) {
		c.Add(path, "RANGE", err.Error()+"; see the guide to accounts", nil)
	} else if err != nil {
		c.Add(path, "FORM", err.Error(), nil)
	}
}
