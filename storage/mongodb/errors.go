package mongodb

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/grapnel/grapnel/core"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// fail turns an error of the driver into one of the port: the caller's own
// cancellation, *core.NoMatch or *core.Error.
func fail(ctx context.Context, err error) error {
	var known *core.Error
	var none *core.NoMatch
	switch {
	case err == nil:
		return nil
	case errors.As(err, &none), errors.As(err, &known):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case mongo.IsDuplicateKeyError(err):
		return core.Taken(takenField(err), err)
	case hasCode(err, tokenCodes):
		return core.ErrTokenLost
	case hasCode(err, sizeCodes):
		return core.Wrap(core.TooLarge, err, "The document is too large.")
	case unavailable(err):
		return core.Wrap(core.Unavailable, err, "The document store does not answer; try again.")
	}
	return core.Wrap(core.Internal, err, "The document store failed.")
}

// takenField is the field of the index that a duplicate key error names.
// What users wrote comes later in the text than the name.
func takenField(err error) string {
	_, rest, _ := strings.Cut(err.Error(), " index: ")
	name, _, _ := strings.Cut(rest, " ")
	if name == "_id_" {
		return "_id"
	}
	return strings.TrimSuffix(name, "_1")
}

// Codes of the server, from its error_codes.yml.
var (
	tokenCodes = []int{
		260, // InvalidResumeToken
		280, // ChangeStreamFatalError: the token is not in the oplog
		286, // ChangeStreamHistoryLost
	}
	timeCodes = []int{
		50, // MaxTimeMSExpired
	}
	sizeCodes = []int{
		10334, // BSONObjectTooLarge
	}
	snapshotCodes = []int{
		239, // SnapshotTooOld
		246, // SnapshotUnavailable
	}
	stageCodes = []int{
		40324, // an unknown stage of a pipeline
	}
	awayCodes = []int{
		6, 7, 89, 9001, // no connection to another member
		24, 50, 262, // a time limit
		64,      // the majority did not confirm in time
		91, 189, // shutting down, stepping down
		112, 251, // conflicting or vanished transaction, retries used up
		133,          // no member with the read preference
		10107, 13435, // not the primary
		11600, 11602, 13436, // in recovery, interrupted
	}
	awayLabels = []string{
		"NetworkError", "RetryableWriteError", "TransientTransactionError", "UnknownTransactionCommitResult",
	}
)

// unavailable holds for errors after which trying again may help. An error
// that no server sent comes from the way there.
func unavailable(err error) bool {
	var arg mongo.InvalidArgumentError
	var marshal mongo.MarshalError
	var server mongo.ServerError
	switch {
	case errors.As(err, &arg), errors.As(err, &marshal):
		return false
	case !errors.As(err, &server), mongo.IsTimeout(err), hasCode(err, awayCodes):
		return true
	}
	return slices.ContainsFunc(awayLabels, server.HasErrorLabel)
}

func hasCode(err error, codes []int) bool {
	var server mongo.ServerError
	return errors.As(err, &server) && slices.ContainsFunc(codes, server.HasErrorCode)
}
