package mongod

import (
	"math"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// The engine looks at operators only when it meets a document. These checks
// look at a request as a whole, so that a wrong one also fails on nothing.

// checkFilter allows the operators that were compared with the manual.
func checkFilter(filter bson.D) error {
	for _, e := range filter {
		switch {
		case e.Key == "$and", e.Key == "$or", e.Key == "$nor":
			list, ok := e.Value.(bson.A)
			if !ok || len(list) == 0 {
				return errorf(2, "BadValue", "%s needs a list with elements", e.Key)
			}
			args, err := documents(list)
			if err != nil {
				return err
			}
			for _, a := range args {
				if err := checkFilter(a); err != nil {
					return err
				}
			}
		case strings.HasPrefix(e.Key, "$"):
			return errorf(2, "BadValue", "unknown top level operator: %s", e.Key)
		default:
			if err := checkPath(e.Key); err != nil {
				return err
			}
			if err := checkCondition(e.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkCondition(v any) error {
	d, ok := v.(bson.D)
	if !ok {
		return checkScalar(v)
	}
	if len(d) == 0 {
		return errorf(2, "BadValue", "a comparison with an empty document")
	}
	for _, e := range d {
		var err error
		switch e.Key {
		case "$eq", "$ne", "$lt", "$lte", "$gt", "$gte":
			err = checkScalar(e.Value)
		case "$in":
			list, ok := e.Value.(bson.A)
			if !ok {
				return errorf(2, "BadValue", "$in needs an array")
			}
			for _, x := range list {
				if err := checkScalar(x); err != nil {
					return err
				}
			}
		case "$elemMatch":
			inner, ok := e.Value.(bson.D)
			if !ok || slices.ContainsFunc(inner, func(e bson.E) bool { return !slices.Contains([]string{"$eq", "$gte", "$lt"}, e.Key) }) {
				return errorf(2, "BadValue", "$elemMatch: %v", e.Value)
			}
			err = checkCondition(e.Value)
		default:
			return errorf(2, "BadValue", "unknown operator: %s", e.Key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkScalar keeps out documents and arrays, which compare as wholes.
func checkScalar(v any) error {
	switch v.(type) {
	case nil, string, bool, int32, int64, float64, primitive.Decimal128, primitive.DateTime:
		return nil
	}
	return errorf(2, "BadValue", "a comparison with a %T", v)
}

func checkPath(path string) error {
	for part := range strings.SplitSeq(path, ".") {
		if part == "" || strings.HasPrefix(part, "$") {
			return errorf(2, "BadValue", "unknown path: %q", path)
		}
	}
	return nil
}

// checkKeys allows ascending and descending keys, of a sort or an index.
func checkKeys(keys bson.D) error {
	for _, e := range keys {
		if n, ok := number(e.Value); !ok || n != 1 && n != -1 {
			return errorf(2, "BadValue", "unknown kind of key: %v", e)
		}
		if err := checkPath(e.Key); err != nil {
			return err
		}
	}
	return nil
}

// checkProjection allows whole fields, either taken or left out.
func checkProjection(projection bson.D) error {
	for _, e := range projection {
		if n, ok := number(e.Value); !ok || n < 0 || n > 1 {
			return errorf(2, "BadValue", "projection of %s: %v", e.Key, e.Value)
		}
	}
	return nil
}

// checkUpdate allows $set, $unset and $inc.
func checkUpdate(update bson.D) error {
	if len(update) == 0 {
		return errorf(9, "FailedToParse", "an empty update")
	}
	var paths []string
	for _, op := range update {
		fields, ok := op.Value.(bson.D)
		if !ok || !slices.Contains([]string{"$set", "$unset", "$inc"}, op.Key) {
			return errorf(9, "FailedToParse", "unknown modifier: %s", op.Key)
		}
		for _, e := range fields {
			if err := checkPath(e.Key); err != nil {
				return err
			}
			if e.Key == "_id" {
				return errorf(66, "ImmutableField", "the field '_id' is immutable")
			}
			for _, p := range paths {
				if p == e.Key || strings.HasPrefix(p, e.Key+".") || strings.HasPrefix(e.Key, p+".") {
					return errorf(40, "ConflictingUpdateOperators", "updating the path '%s' would create a conflict at '%s'", e.Key, p)
				}
			}
			paths = append(paths, e.Key)
			if _, isFloat := e.Value.(float64); op.Key == "$inc" && !isFloat {
				if _, ok := number(e.Value); !ok {
					return errorf(14, "TypeMismatch", "cannot increment with a %T", e.Value)
				}
			}
		}
	}
	return nil
}

// checkDocument allows what the original stores without a second thought.
func checkDocument(d bson.D) error {
	id := any(nil)
	for _, e := range d {
		if e.Key == "_id" {
			id = e.Value
		}
		if err := checkPath(e.Key); err != nil {
			return errorf(52, "DollarPrefixedFieldName", "the field name %q", e.Key)
		}
	}
	if checkScalar(id) != nil || id == nil {
		return errorf(2, "BadValue", "the _id is a %T", id)
	}
	raw, err := bson.Marshal(d)
	if err != nil {
		return err
	}
	if len(raw) > min(maxDocument, math.MaxInt32) {
		return errorf(10334, "BSONObjectTooLarge", "the document has %d bytes", len(raw))
	}
	return nil
}
