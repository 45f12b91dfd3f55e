package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// document is a request of which no two are the same, so that no cache answers.
type document struct {
	class, name string
	open        bool // with introspection on
	request     func(unique string) request
}

// Limits of the endpoint, just below which most documents are.
const (
	tokens    = 4_990
	bytes128  = 128<<10 - 200
	bodyBytes = 1<<20 - 200
	fragments = 199
	values    = 49_900
)

// documents are the dearest that were found: of each class some that differ in
// where they strain the server.
func documents() []document {
	var all []document
	add := func(class, name string, r func(unique string) request) {
		all = append(all, document{class: class, name: name, request: r})
	}
	// What begins with a query has the mark behind it, which no token counts.
	query := func(class, name, text string) {
		add(class, name, func(u string) request { return request{body: operation(text+u, nil)} })
	}
	withVariables := func(class, name, text, variables string) {
		q, _ := json.Marshal(text)
		add(class, name, func(u string) request {
			return request{body: `{"query":` + strings.TrimSuffix(string(q), `"`) + u + `","variables":` + variables + `}`}
		})
	}
	body := func(class, name string, text func(u string) string) {
		add(class, name, func(u string) request { return request{body: text(u)} })
	}

	// Deep.
	not := func(n int, in string) string { return nested("{not:", in, "}", n) }
	query("deep lists", "over the token limit", `{posts(where:{and:`+nested("[", "", "]", 60_000)+`}){totalCount}}`)
	query("deep lists", "below it", `{posts(where:{and:`+nested("[", "", "]", 2_480)+`}){totalCount}}`)
	query("deep lists", "and of and", `{posts(where:`+nested("{and:[", `{id:{eq:"x"}}`, "]}", 820)+`){totalCount}}`)
	query("deep objects", "below the token limit", `{posts(where:`+not(1_230, `{id:{eq:"x"}}`)+`){totalCount}}`)
	query("deep objects", "with a wrong number inside", `{assets(where:`+not(1_230, `{size:{eq:99999999999999999999}}`)+`){totalCount}}`)
	query("deep objects", "as a default", `query($w:AssetWhere=`+not(1_230, `{size:{eq:99999999999999999999}}`)+`){assets(where:$w){totalCount}}`)
	query("deep objects", "24 levels, wide inside", `{assets(where:`+not(20, `{or:[`+repeat(`{size:{eq:99999999999999999999}}`, 520)+`]}`)+`){totalCount}}`)
	query("deep selections", "below the token limit", `{viewer{avatar`+nested("{owner{avatar", "{id}", "}}", 820)+`}}`)
	query("deep selections", "unknown", nested("{a", "", "}", 1_660))
	query("deep selections", "over the token limit", nested("{a", "", "}", 40_000))
	query("deep list types", "below the token limit", `query($a:`+nested("[", "Int", "]", 2_480)+`){viewer{id}}`)
	query("deep list types", "used and wrong", `query($a:`+nested("[", "Int", "]", 2_480)+`){posts(first:$a){totalCount}}`)
	query("deep inline fragments", "below the token limit", "{"+nested("...{", "viewer{id}", "}", 1_650)+"}")
	query("deep inline fragments", "with types", "{"+nested("...on Query{", "viewer{id}", "}", 990)+"}")

	// Wide.
	query("wide", "__typename", "{"+strings.Repeat("__typename ", tokens)+"}")
	query("wide", "connections", "{"+strings.Repeat("posts{edges{node{id}}} ", tokens/9)+"}")
	query("wide", "connections with arguments", "{"+strings.Repeat(`posts(first:1){nodes{id}} `, tokens/11)+"}")
	query("wide", "connections, over cost", "{"+strings.Repeat("posts(first:100){nodes{id}} ", tokens/11)+"}")
	query("wide", "unknown fields", "{"+strings.Repeat("nope ", tokens)+"}")
	query("wide", "unknown long fields", "{"+strings.Repeat(strings.Repeat("n", 25)+" ", tokens)+"}")
	query("wide", "unknown arguments", "{posts("+strings.Repeat("nopenopenopenopenopenopenopenopenope:1 ", tokens/3-10)+"){totalCount}}")
	query("wide", "unknown input fields", "{posts(where:{"+strings.Repeat("nopenopenopenopenopenopenopenopenope:1 ", tokens/3-10)+"}){totalCount}}")
	query("wide", "unknown directives", "{viewer{id"+strings.Repeat("@a ", tokens/2-10)+"}}")
	query("wide", "missing selections", "{"+strings.Repeat("posts ", tokens)+"}")
	query("wide", "list literal", "{nodes(ids:["+strings.Repeat(`"a" `, tokens-20)+"]){id}}")
	query("wide", "list literal of wrong values", "{nodes(ids:["+strings.Repeat(`true `, tokens-20)+"]){id}}")
	query("wide", "conditions", `{posts(where:{or:[`+strings.Repeat(`{id:{eq:"x"}}`, tokens/9-5)+`]}){totalCount}}`)
	query("wide", "wrong enums", `{posts(orderBy:{`+strings.Repeat(`field:DATF `, tokens/3-10)+`}){totalCount}}`)
	query("aliases", "101", "{"+numbered("a%d:viewer{id} ", 101)+"}")
	query("aliases", "as many as fit", "{"+numbered("a%d:__typename ", tokens/3)+"}")
	query("aliases", "with selections", "{"+numbered("a%d:posts{edges{node{id}}} ", tokens/11)+"}")
	query("root fields", "51 connections", "{"+numbered("a%d:posts(first:100){nodes{id title author{username}}} ", 51)+"}")

	// Fragments.
	query("fragment doubling", "through fields", "{viewer{...F0}}"+doubling(fragments-1))
	query("fragment doubling", "without fields", "{viewer{...F0}}"+spreads(fragments, 2, "User", "id"))
	query("fragment doubling", "tenfold", "{viewer{...F0}}"+spreads(fragments, 8, "User", "id"))
	for _, last := range []struct{ name, field string }{
		{"__typename", "__typename "}, {"unknown fields", "nope "}, {"connections", "posts{edges{node{id}}} "}, {"missing selections", "posts "},
		{"missing arguments", "node "}, {"unknown directives", "__typename@a "}, {"undefined variables", "node(id:$a){id} "}, {"unknown arguments", "viewer(nope:1){id} "},
	} {
		n := (tokens - 9*fragments - 30) / tokensOf(last.field)
		query("fragment chains", last.name, "{...F0}"+chain(fragments, strings.Repeat(last.field, n)))
		n = (tokens - 9*fragments - 20*4 - 30) / tokensOf(last.field)
		query("fragment chains", last.name+", 20 operations", numbered("query A%d{...F0}", 19)+chain(fragments, strings.Repeat(last.field, n)))
	}
	query("fragment chains", "deep literal", "{...F0}"+chain(fragments, `assets(where:`+not(740, `{size:{eq:99999999999999999999}}`)+`){totalCount}`))
	query("fragment chains", "nested literal in bounds", "{...F0}"+chain(fragments, `assets(where:`+not(18, `{or:[`+repeat(`{size:{eq:99999999999999999999}}`, 340)+`]}`)+`){totalCount}`))
	query("fragment chains", "100 fragments", "{...F0}"+chain(100, strings.Repeat("nope ", tokens-9*100-30)))
	query("fragment chains", "long literal", "{...F0}"+chain(fragments, `posts(first:"`+strings.Repeat("x", 110_000)+`"){totalCount}`))
	query("fragment chains", "just within the walk", "{...F0}"+chain(110, strings.Repeat("nope ", 160)))
	query("fragment chains", "just within the walk, arguments", "{...F0}"+chain(110, strings.Repeat("node ", 150)))
	query("fragment chains", "just within the walk, input fields", "{...F0}"+chain(50, "posts(where:{"+strings.Repeat(strings.Repeat("n", 900)+":1 ", 5)+"}){totalCount}"))
	query("fragment chains", "just within the walk, literals", "{...F0}"+chain(50, `posts(orderBy:{field:"`+strings.Repeat("n", 9_000)+`"}){totalCount}`))
	query("fragment chains", "just within the walk, deep literals", "{...F0}"+chain(20, `assets(where:`+not(20, `{or:[`+repeat(`{size:{eq:9}}`, 16)+`]}`)+`){totalCount}`))
	query("fragment chains", "just within the walk, types", "{...F0}"+strings.ReplaceAll(chain(199, "__typename"), "on Query", "on "+strings.Repeat("U", 95)))
	query("fragment chains", "long name", "{...F0}"+chain(fragments, strings.Repeat("x", 110_000)))
	query("fragment chains", "long name, 20 operations", numbered("query A%d{...F0}", 19)+chain(fragments, strings.Repeat("x", 50_000)+" "+strings.Repeat("y", 50_000)))
	query("fragment chains", "long argument name", "{...F0}"+chain(fragments, `posts(`+strings.Repeat("x", 110_000)+`:1){totalCount}`))
	query("fragment cycles", "of itself", "{...A} fragment A on Query{"+strings.Repeat("...A ", tokens/2-10)+"}")
	query("fragment cycles", "of all", "{...F0}"+cycle(fragments, tokens/2-4*fragments-300))
	query("fragment cycles", "of long names", "{...F0}"+longCycle(fragments, 280, 1_400))
	query("fragment cycles", "everyone spreads everyone", "{...F0}"+mesh(48))
	query("many operations", "20, with a large fragment", numbered("query A%d{...F}", 20)+" fragment F on Query{"+strings.Repeat("posts{nodes{id}} ", 690)+"}")
	query("many operations", "21", numbered("query A%d{viewer{id}}", 21))
	query("many operations", "as many as fit", strings.Repeat("{viewer{id}}", tokens/7))
	query("unused fragments", "199", "{viewer{id}}"+strings.Repeat(" fragment A on Query{viewer{id posts}}", fragments))
	query("unused fragments", "of unknown types", "{viewer{id}}"+numbered(" fragment A%d on "+strings.Repeat("U", 630)+"{id}", fragments))
	query("unused fragments", "as many as fit", "{viewer{id}}"+strings.Repeat(" fragment A on Query{viewer}", tokens/7))

	// Fields that cannot be merged.
	query("overlapping", "different arguments", "{"+numbered(`posts(first:%d){nodes{id}} `, tokens/11)+"}")
	query("overlapping", "late conflict", "{"+strings.Repeat(`posts(first:1){nodes{id}} `, tokens/11-2)+"posts(first:2){nodes{id}}}")
	query("overlapping", "late conflict in inline fragments", "{"+strings.Repeat("...on Query{viewer{id}} ", tokens/9-3)+"...on Query{viewer{id:username}}}")
	query("overlapping", "late conflict, deep", "{"+strings.Repeat(`posts{nodes{author{avatar{owner{id}}}}} `, tokens/14-2)+"posts{nodes{author{avatar{owner{id:username}}}}}}")
	query("overlapping", "many groups", "{node(id:1){"+numbered("...on Post{a%d:author{id}} ...on User{a%[1]d:avatar{id}} ", tokens/18-2)+"}}")
	query("overlapping", "different groups through fragments", "{viewer{...F0}}"+mergeGroups(60, "User"))
	query("overlapping", "groups of groups", mergeTree(13))
	query("overlapping", "long arguments", "{"+strings.Repeat(`posts(where:{and:[{and:[{and:[{and:[{id:{eq:"x"}}]}]}]}]}){totalCount} `, tokens/46)+"}")

	// Introspection.
	for _, d := range introspections() {
		d.class, d.open = "introspection", true
		all = append(all, d)
	}
	query("hidden introspection", "turned off", "{__schema{types{fields{args{type{name}}}}}}")

	// Variables.
	const where = "query($w:PostWhere){posts(where:$w){totalCount}}"
	withVariables("variables", "nested", where, `{"w":`+nested(`{"not":`, `{}`, `}`, 100_000)+`}`)
	withVariables("variables", "nested, within JSON's bound", where, `{"w":`+nested(`{"not":`, `{}`, `}`, 9_900)+`}`)
	withVariables("variables", "1 MiB of numbers", where, `{"w":[0`+strings.Repeat(",0", bodyBytes/2-100)+`]}`)
	withVariables("variables", "1 MiB of objects", where, `{"w":[{}`+strings.Repeat(",{}", bodyBytes/3-100)+`]}`)
	withVariables("variables", "1 MiB of lists", where, `{"w":[[]`+strings.Repeat(",[]", bodyBytes/3-100)+`]}`)
	withVariables("variables", "1 MiB of small objects", where, `{"w":[{"":0}`+strings.Repeat(`,{"":0}`, bodyBytes/7-100)+`]}`)
	withVariables("variables", "1 MiB of fields", where, `{"w":{`+numbered(`"%d":0,`, 90_000)+`"x":0}}`)
	withVariables("variables", "values", where, `{"w":{"and":[{}`+strings.Repeat(",{}", values)+`]}}`)
	withVariables("variables", "conditions", where, `{"w":{"and":[{"id":{"eq":"x"}}`+strings.Repeat(`,{"id":{"eq":"x"}}`, values/3)+`]}}`)
	withVariables("variables", "an unknown field, last", where, `{"w":{"and":[{}`+strings.Repeat(",{}", values)+`,{"nope":1}]}}`)
	withVariables("variables", "numbers", "query($i:[Int!]!){posts(where:{id:{in:$i}}){totalCount}}", `{"i":[0`+strings.Repeat(",0", values)+`]}`)
	withVariables("variables", "ids", "query($i:[ID!]!){nodes(ids:$i){id}}", `{"i":["a"`+strings.Repeat(`,"a"`, values)+`]}`)
	withVariables("variables", "of no operation", "{viewer{id}}", `{"i":["a"`+strings.Repeat(`,"a"`, values)+`]}`)
	body("variables", "extensions of objects", func(u string) string {
		return `{"query":"{nope}` + u + `","extensions":{"w":[{}` + strings.Repeat(",{}", bodyBytes/3-100) + `]}}`
	})
	body("variables", "extensions and variables of objects", func(u string) string {
		return `{"query":"{nope}` + u + `","extensions":{"w":[{}` + strings.Repeat(",{}", 170_000) + `]},"variables":{"w":[{}` + strings.Repeat(",{}", 170_000) + `]}}`
	})
	query("variable definitions", "one name", "query("+strings.Repeat("$a:Int ", tokens/4-5)+"){viewer{id}}")
	query("variable definitions", "unused", "query("+numbered("$a%d:Int ", tokens/4-5)+"){viewer{id}}")
	query("variable definitions", "of a long operation", "query "+strings.Repeat("x", 80_000)+"("+numbered("$a%d:Int ", tokens/4-5)+"){viewer{id}}")
	query("variable definitions", "undefined in a long operation", "query "+strings.Repeat("x", 80_000)+"{nodes(ids:["+strings.Repeat("$a ", tokens/2-10)+"]){id}}")
	query("variable definitions", "used", "query("+numbered("$a%d:ID! ", 800)+"){nodes(ids:["+numbered("$a%d ", 800)+"]){id}}")
	query("variable definitions", "unknown types", "query("+numbered("$a%d:Nope ", tokens/4-5)+"){viewer{id}}")
	query("variable definitions", "of a long type", "query("+strings.Repeat("$a:Int ", 600)+"$b:"+nested("[", "Int", "]", 200)+"){nodes(ids:["+strings.Repeat("$b ", 900)+"]){id}}")

	// Pages over cost.
	query("pages", "huge", "{posts(first:2147483647){nodes{author{avatar{owner{id}}}}}}")
	query("pages", "in lists of ids", "{nodes(ids:["+strings.Repeat(`"post_0" `, 2_000)+"]){id ...on Post{title}}}")
	query("pages", "repeated, over cost", "{"+strings.Repeat("posts(first:100){nodes{id title author{username}}} ", tokens/15)+"}")

	// Long.
	query("long literals", "string", `{posts(first:"`+strings.Repeat("x", bytes128-100)+`"){totalCount}}`)
	query("long literals", "escapes", `{posts(first:"`+strings.Repeat(`\u00e9`, (bytes128-100)/6)+`"){totalCount}}`)
	query("long literals", "block string", `{posts(first:"""`+strings.Repeat("\n x", (bytes128-100)/3)+`"""){totalCount}}`)
	query("long literals", "number", `{posts(first:`+strings.Repeat("9", bytes128-100)+`){totalCount}}`)
	query("long literals", "control characters", `{posts(first:"`+strings.Repeat(`\u0001`, (bytes128-100)/6)+`"){totalCount}}`)
	query("long literals", "enum", `{posts(orderBy:{field:`+strings.Repeat("X", bytes128-100)+`}){totalCount}}`)
	query("long names", "field", "{"+strings.Repeat("x", bytes128-10)+"}")
	query("long names", "argument", "{posts("+strings.Repeat("x", bytes128-100)+":1){totalCount}}")
	query("long names", "input field", "{posts(where:{"+strings.Repeat("x", bytes128-100)+":1}){totalCount}}")
	query("long names", "type of a fragment", "{viewer{id}} fragment A on "+strings.Repeat("x", bytes128-100)+"{id}")
	query("long names", "types of fragments", "{viewer{id}}"+numbered(" fragment A%d on "+strings.Repeat("U", 630)+"{id}", fragments))
	query("long names", "type of a variable", "query($a:"+strings.Repeat("x", bytes128-100)+"){viewer{id}}")
	query("long names", "comment", "{nope} #"+strings.Repeat("x", bytes128-100))
	query("long names", "white space", "{nope}"+strings.Repeat(" ", bytes128-100))

	// Bodies that are no request.
	body("JSON garbage", "1 MiB of letters", func(u string) string { return u + strings.Repeat("x", bodyBytes) })
	body("JSON garbage", "1 MiB in a string", func(u string) string { return `{"query":"` + u + strings.Repeat("x", bodyBytes) })
	body("JSON garbage", "1 MiB of escapes", func(u string) string { return `{"query":"` + u + strings.Repeat(`\u00e9`, bodyBytes/6) + `"}` })
	body("JSON garbage", "1 MiB of invalid UTF-8", func(u string) string { return `{"query":"` + u + strings.Repeat("\xff", bodyBytes) + `"}` })
	body("JSON garbage", "1 MiB over the document limit", func(u string) string { return `{"query":"` + u + strings.Repeat("{", bodyBytes) + `"}` })
	body("JSON garbage", "1 MiB of unknown keys", func(u string) string {
		return `{"` + u + `":0` + strings.Repeat(`,"a":0`, bodyBytes/6) + `}`
	})
	body("JSON garbage", "1 MiB of queries", func(u string) string {
		return `{"query":"` + u + `"` + strings.Repeat(`,"query":""`, bodyBytes/11) + `}`
	})
	body("JSON garbage", "1 MiB of variables", func(u string) string {
		return `{"query":"{nope}` + u + `"` + strings.Repeat(`,"variables":{"a":{}}`, bodyBytes/21) + `}`
	})
	body("JSON garbage", "1 MiB and one byte", func(u string) string { return `{"query":"` + u + strings.Repeat("x", 1<<20) + `"}` })
	body("nested JSON", "lists", func(u string) string {
		return `{"query":"{nope}` + u + `","variables":{"a":` + nested("[", "", "]", bodyBytes/2-100) + `}}`
	})
	body("nested JSON", "many nests within JSON's bound", func(u string) string {
		return `{"query":"{nope}` + u + `","variables":{"a":[0` + strings.Repeat(","+nested("[", "", "]", 9_900), bodyBytes/19_801-1) + `]}}`
	})
	body("nested JSON", "unknown key", func(u string) string {
		return `{"query":"{nope}` + u + `","a":` + nested("[", "", "]", bodyBytes/2-100) + `}`
	})
	body("batch", "of 20,000", func(u string) string {
		return `[{"query":"` + u + `{viewer{id}}"}` + strings.Repeat(`,{"query":"{viewer{id}}"}`, 20_000) + `]`
	})

	// Multipart.
	form := func(name string, parts func(u string) string) {
		add("multipart", name, func(u string) request {
			return request{kind: "multipart/form-data; boundary=b", body: parts(u)}
		})
	}
	part := func(name, text string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
	}
	upload := func(u string) string {
		return `{"query":"mutation($f:Upload!){uploadAsset(input:{file:$f}){asset{id}}}` + u + `","variables":{"f":null}}`
	}
	const million = 1<<20 - 500
	form("operations of line breaks", func(u string) string {
		return part("operations", strings.Repeat("\n", million)+upload(u)) + part("map", "[]") + "--b--\r\n"
	})
	form("operations and map of line breaks", func(u string) string {
		return part("operations", strings.Repeat("\n", million)+upload(u)) + part("map", strings.Repeat("\n", million)+`{"0":[]}`) + "--b--\r\n"
	})
	form("line breaks after the first", func(u string) string {
		return part("operations", upload(u)) + part("map", strings.Repeat("\r\n", million/2)+`{"0":[]}`) + "--b--\r\n"
	})
	form("operations of objects", func(u string) string {
		return part("operations", `{"query":"{nope}`+u+`","variables":{"w":[{}`+strings.Repeat(",{}", million/3-100)+`]}}`) + part("map", `{"0":[`+strings.Repeat(`"",`, million/3-10)+`""]}`) + "--b--\r\n"
	})
	form("operations of objects and a good map", func(u string) string {
		return part("operations", `{"query":"{nope}`+u+`","variables":{"f":null,"w":[{}`+strings.Repeat(",{}", million/3-100)+`]}}`) + part("map", `{"0":["variables.f"]}`) + "--b--\r\n"
	})
	form("a map of many files", func(u string) string {
		return part("operations", upload(u)) + part("map", "{"+numbered(`"%d":["variables.f"],`, 38_000)+`"x":[]}`) + "--b--\r\n"
	})
	form("a map of a long path", func(u string) string {
		return part("operations", upload(u)) + part("map", `{"0":["variables.`+strings.Repeat(".", million-50)+`"]}`) + "--b--\r\n"
	})
	form("thousands of files", func(u string) string {
		return part("operations", upload(u)) + part("map", `{"0":["variables.f"]}`) + strings.Repeat(part("x", "x"), 20_000) + "--b--\r\n"
	})
	form("thousands of files before", func(u string) string { return strings.Repeat(part("x"+u, "x"), 20_000) + "--b--\r\n" })
	form("no boundary", func(u string) string { return u + strings.Repeat("-", 1<<20) })
	form("8 MiB before the first part", func(u string) string { return u + strings.Repeat("\r\n", 4<<20) })
	form("a refused operation and 32 MiB", func(u string) string {
		return part("operations", `{"query":"{nope}`+u+`","variables":{"f":null}}`) + part("map", `{"0":["variables.f"]}`) + part("0", strings.Repeat("\r\n-", 11<<20)) + "--b--\r\n"
	})

	// By GET.
	get := func(name string, parameters func(u string) string) {
		add("GET", name, func(u string) request { return request{method: "GET", query: "?" + parameters(u)} })
	}
	const line = 60 << 10
	get("document", func(u string) string { return "query=" + url.QueryEscape(u) + strings.Repeat("{", line) })
	get("escaped", func(u string) string { return "query=" + url.QueryEscape(u) + strings.Repeat("%7B", line/3) })
	get("fields", func(u string) string {
		return "query=" + url.QueryEscape(u) + "%7B" + strings.Repeat("__typename,", tokens) + "nope%7D"
	})
	get("variables", func(u string) string {
		return "query=%7Bnope%7D" + url.QueryEscape(u) + "&variables=" + `{"a":[{}` + strings.Repeat(",{}", line/3-50) + `]}`
	})
	get("parameters", func(u string) string { return url.QueryEscape(u) + strings.Repeat("&a", line/2) })
	get("over the header limit", func(u string) string { return "query=" + url.QueryEscape(u) + strings.Repeat("x", 100<<10) })

	header := func(name, header, value string) {
		add("headers", name, func(u string) request {
			return request{body: operation("{nope}"+u, nil), header: header, value: value}
		})
	}
	header("Accept", "Accept", strings.Repeat("a/b;q=.1,", line/9))
	header("Accept with parameters", "Accept", strings.Repeat("a/b;"+numbered("%d=1;", 100)+",", line/500))
	header("Authorization", "Authorization", "Bearer "+strings.Repeat("x", line))
	header("Cookie", "Cookie", strings.Repeat("a=b;", line/4))
	header("Forwarded", "X-Forwarded-For", strings.Repeat("1,", line/2))
	header("Content-Type", "Content-Type", "application/json;"+strings.Repeat(" ", line))

	// Sockets.
	socket := func(name string, message func(u string) string) {
		add("socket messages", name, func(u string) request { return request{socket: true, body: message(u)} })
	}
	subscribe := func(u, q, v string) string {
		t, _ := json.Marshal(q)
		return `{"id":"1","type":"subscribe","payload":{"query":` + strings.TrimSuffix(string(t), `"`) + u + `","variables":` + v + `}}`
	}
	socket("1 MiB of letters", func(u string) string { return u + strings.Repeat("x", bodyBytes) })
	socket("1 MiB of objects", func(u string) string {
		return subscribe(u, where, `{"w":[{}`+strings.Repeat(",{}", bodyBytes/3-100)+`]}`)
	})
	socket("1 MiB document", func(u string) string { return subscribe(u, strings.Repeat("{", bodyBytes-100), "null") })
	socket("1 MiB of nested JSON", func(u string) string {
		return `{"id":"1","type":"` + u + `subscribe","payload":` + nested("[", "", "]", bodyBytes/2-100) + `}`
	})
	socket("1 MiB of keys", func(u string) string { return `{"id":"` + u + `"` + strings.Repeat(`,"id":""`, bodyBytes/8) + `}` })
	socket("1 MiB ping", func(u string) string {
		return `{"type":"ping","payload":{"a":"` + u + strings.Repeat("x", bodyBytes-50) + `"}}`
	})
	socket("over 1 MiB", func(u string) string { return u + strings.Repeat("x", 1<<20) })

	// Ids of documents.
	body("persisted", "malformed", func(u string) string { return `{"documentId":"` + u + strings.Repeat("x", bodyBytes) + `"}` })
	body("persisted", "wrong hash", func(u string) string {
		return `{"query":"{viewer{id}} #` + strings.Repeat("x", bytes128-50) + u + `","documentId":"x"}`
	})
	body("persisted", "wrong version", func(u string) string {
		return `{"extensions":{"persistedQuery":{"version":` + strings.Repeat("9", bodyBytes-100) + `,"sha256Hash":"` + u + `"}}}`
	})
	return all
}

// floodDocuments are some of them that are cheap to send.
func floodDocuments() []document {
	flood := map[string]bool{
		"wide: unknown fields": true, "wide: missing selections": true, "overlapping: late conflict in inline fragments": true,
		"deep selections: below the token limit": true, "fragment chains: unknown fields": true, "aliases: 101": true, "pages: huge": true,
	}
	return slices.DeleteFunc(documents(), func(d document) bool { return !flood[d.class+": "+d.name] })
}

func nested(open, in, shut string, n int) string {
	return strings.Repeat(open, n) + in + strings.Repeat(shut, n)
}

func repeat(text string, n int) string { return strings.Repeat(text+" ", n) }

// numbered repeats a text that has its number in it.
func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// tokensOf counts the tokens of a simple text.
func tokensOf(text string) int {
	n, word := 0, false
	for _, c := range text {
		letter := c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if letter && !word || !letter && c != ' ' {
			n++
		}
		word = letter
	}
	return n
}

// chain is n fragments, each of which spreads the next, and what the last holds.
func chain(n int, last string) string { return spreads(n, 1, "Query", last) }

// spreads is n fragments, each of which spreads the next some times.
func spreads(n, times int, on, last string) string {
	var b strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&b, " fragment F%d on %s{%s}", i, on, strings.Repeat(fmt.Sprintf("...F%d ", i+1), times))
	}
	fmt.Fprintf(&b, " fragment F%d on %s{%s}", n-1, on, last)
	return b.String()
}

// doubling is fragments that spread the next twice, each deeper by two fields.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on User{avatar{owner{...F%d}} b:avatar{owner{...F%d}}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on User{id}", n)
	return b.String()
}

// cycle is n fragments in a circle, in the last of which the first is spread often.
func cycle(n, times int) string { return chain(n, strings.Repeat("...F0 ", max(times, 1))) }

// longCycle is a circle of fragments with long names.
func longCycle(n, length, times int) string {
	name := func(i int) string { return fmt.Sprintf("F%0*d", length, i) }
	var b strings.Builder
	b.WriteString(" fragment F0 on Query{..." + name(1) + "}")
	for i := 1; i < n-1; i++ {
		b.WriteString(" fragment " + name(i) + " on Query{..." + name(i+1) + "}")
	}
	b.WriteString(" fragment " + name(n-1) + " on Query{" + strings.Repeat("...F0 ", times) + "}")
	return b.String()
}

// mesh is n fragments that each spread all.
func mesh(n int) string {
	all := numbered("...F%d ", n)
	return numbered(" fragment F%d on Query{"+all+"}", n)
}

// mergeGroups is fragments that each make other groups of fields to be merged.
func mergeGroups(n int, on string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " fragment F%d on %s{...F%d a%d:avatar{owner{...F%d}} b:avatar{owner{...F%d}}}", i, on, i+1, i%7, i+1, (i*7+3)%n)
	}
	fmt.Fprintf(&b, " fragment F%d on %s{id}", n, on)
	return b.String()
}

// mergeTree is an operation whose fields merge into ever other groups: of each
// level's fragments every subset comes together somewhere.
func mergeTree(levels int) string {
	var b strings.Builder
	b.WriteString("{viewer{...L0a ...L0b}}")
	for i := range levels {
		for _, side := range "ab" {
			fmt.Fprintf(&b, " fragment L%d%c on User{x:avatar{owner{...L%da}} y:avatar{owner{...L%db}} z:avatar{owner{...L%da ...L%db}} %c%d:avatar{owner{...L%d%c}}}", i, side, i+1, i+1, i+1, i+1, side, i, i+1, side)
		}
	}
	fmt.Fprintf(&b, " fragment L%da on User{id} fragment L%db on User{username}", levels, levels)
	return b.String()
}

// introspections are documents about the schema.
func introspections() []document {
	var all []document
	add := func(name, text string) {
		all = append(all, document{name: name, request: func(u string) request { return request{body: operation(text+u, nil)} }})
	}
	const types = "types{name kind description fields(includeDeprecated:true){name description args{name type{name kind ofType{name kind}}} type{name kind ofType{name kind ofType{name kind}}}} inputFields{name type{name}} enumValues{name}}"
	add("the usual", usualIntrospection)
	add("beyond the lists", "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}")
	add("two lists", "{__schema{types{fields{type{fields{type{name}}}}}}}")
	add("aliases of two lists", "{"+numbered("a%d:__schema{types{fields{type{name ofType{name}}}}} ", 50)+"}")
	add("aliases within", "{__schema{"+numbered("a%d:types{name description fields{name description}} ", 99)+"}}")
	add("aliases of everything", "{"+numbered("a%d:__schema{"+types+"} ", 50)+"}")
	add("aliases within aliases", "{__schema{"+numbered("a%d:types{"+numbered("b%d:fields{args{name type{name}}} ", 9)+"} ", 9)+"}}")
	add("aliases in the depth", "{__schema{types{fields{type{"+numbered("a%d:fields{name description args{name}} ", 90)+"}}}}}")
	add("repeated names", "{__schema{types{fields{"+strings.Repeat("name description ", 2_400)+"}}}}")
	var b strings.Builder
	b.WriteString("{__schema{types{...F0}}}")
	for i := range fragments - 1 {
		fmt.Fprintf(&b, " fragment F%d on __Type{ofType{...F%d} a:ofType{...F%d}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, " fragment F%d on __Type{name}", fragments-1)
	add("doubling fragments", b.String())
	return all
}

// usualIntrospection is the query that code generators send.
const usualIntrospection = `query IntrospectionQuery { __schema { description queryType { name } mutationType { name } subscriptionType { name }
 types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
 fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
 inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
 enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }`
