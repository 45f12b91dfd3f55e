package web

import (
	"math"
	"strconv"
	"strings"
)

// byteRange reads a Range header (RFC 9110, section 14) for what holds size
// bytes, and gives the one range that [http.ServeContent] is to answer, as it
// writes it; "" for the whole. A unit other than bytes is ignored, as it must
// be; so is more than one range, as it may be, for each is opened on its own:
// thousands of them in one header would be thousands of reads of the store. An
// end behind the last byte is the last byte, however many digits it has. What is
// no range at all is refused as one that holds nothing.
func byteRange(header string, size int64) string {
	unit, set, found := strings.Cut(header, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(unit), "bytes") {
		return ""
	}
	var spec string
	for s := range strings.SplitSeq(set, ",") {
		if s = strings.Trim(s, " \t"); s == "" {
			continue // a list may have empty elements (RFC 9110, section 5.6.1)
		}
		if spec != "" {
			return ""
		}
		spec = s
	}
	first, last, found := strings.Cut(spec, "-")
	from, fromOK := position(first)
	to, toOK := position(last)
	switch {
	case !found, first != "" && !fromOK, last != "" && !toOK, first == "" && last == "", first != "" && last != "" && to < from,
		first == "" && to == 0, first != "" && from >= size:
		return "bytes=" + strconv.FormatInt(size, 10) + "-" // 416
	case first == "":
		return "bytes=-" + strconv.FormatInt(min(to, size), 10)
	case last == "":
		return "bytes=" + strconv.FormatInt(from, 10) + "-"
	default:
		return "bytes=" + strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(min(to, size-1), 10)
	}
}

// position reads 1*DIGIT; what int64 cannot hold is its greatest value.
func position(digits string) (n int64, ok bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}
