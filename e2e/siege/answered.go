package main

import "strings"

// answered are the dearest operations that a stranger may have answered, just
// below a cost of 10,000: a fifth of the default limit, so what they take is to be
// held against that.
func answered() []document {
	var all []document
	add := func(name, text, variables string) {
		if variables == "" {
			variables = "null"
		}
		all = append(all, document{class: "answered", name: name, request: func(u string) request {
			return request{body: strings.TrimSuffix(operation(text+u, nil), "null}") + variables + "}"}
		}})
	}
	const post = "id title slug excerpt tags publishedAt status version createdAt updatedAt date author{id username displayName role bio createdAt}"
	add("widest page", "{posts(first:100){nodes{"+post+"}}}", "")
	add("four widest pages", "{"+numbered("a%d:posts(first:100){nodes{"+post+"}} ", 4)+"}", "")
	add("pages in pages", "{posts(first:100){nodes{author{avatar{owner{avatar{owner{avatar{owner{id username}}}}}}}}} users(first:100){edges{cursor node{id username displayName bio avatar{id url}}}}}", "")
	add("bodies", "{posts(first:100){nodes{id body}}}", "")
	add("aliased bodies", "{posts(first:100){nodes{"+numbered("a%d:body ", 97)+"}}}", "")
	add("HTML", "{posts(first:100){nodes{bodyHtml}}}", "")
	add("aliased HTML", "{posts(first:2){nodes{"+numbered("a%d:bodyHtml ", 97)+"}}}", "")
	add("root fields of HTML", "{"+numbered("a%d:posts(first:3,where:{not:{id:{eq:\"%[1]d\"}}}){nodes{bodyHtml}} ", 49)+"}", "")
	add("counts", "{"+numbered("a%d:posts(first:1){totalCount} ", 50)+"}", "")
	add("counts of conditions", "{"+numbered(`a%d:posts(first:1,where:{title:{ne:"%[1]d"},or:[{tags:{has:"a"}},{title:{prefix:"a"}},{createdAt:{gt:"2020-01-01T00:00:00Z"}}]}){totalCount} `, 50)+"}", "")
	// Conditions that all must be looked at for each post.
	conditions := `{"w":{"and":[{"title":{"ne":"x"}}` + numbered(`,{"title":{"ne":"x%d"}}`, 490) + `]}}`
	add("50 counts of 490 conditions", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){totalCount} ", 50)+"}", conditions)
	add("50 pages of 490 conditions that no index serves", "query($w:PostWhere){"+numbered("a%d:posts(first:90,orderBy:{field:UPDATED_AT},where:$w){nodes{id}} ", 50)+"}", conditions)
	add("50 pages of 9,000 empty conditions", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){nodes{id}} ", 50)+"}", `{"w":{"or":[{}`+strings.Repeat(",{}", 9_000)+`]}}`)
	add("50 counts of 90 tags", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){totalCount} ", 50)+"}", `{"w":{"and":[{"title":{"ne":"a"}}`+numbered(`,{"not":{"tags":{"has":"x%d"}}}`, 90)+`]}}`)
	add("50 counts of 90 lists", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){totalCount} ", 50)+"}", `{"w":{"and":[{"title":{"ne":"a"}}`+strings.Repeat(`,{"not":{"title":{"in":["x"`+numbered(`,"x%d"`, 90)+`]}}}`, 90)+`]}}`)
	add("50 searches with conditions", "query($w:PostWhere){"+numbered(`a%d:posts(first:1,search:"a",where:$w){totalCount} `, 50)+"}", `{"w":{"and":[{"title":{"ne":"x"}}`+numbered(`,{"title":{"ne":"x%d"}}`, 90)+`]}}`)
	add("count of alternatives", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){totalCount} ", 50)+"}", `{"w":{"title":{"in":["x"`+numbered(`,"%d"`, 99)+`]}}}`)
	add("tags", "query($w:PostWhere){"+numbered("a%d:posts(first:1,where:$w){totalCount} ", 50)+"}", `{"w":{"not":{"tags":{"hasSome":["x"`+numbered(`,"%d"`, 99)+`]}}}}`)
	add("searches", "{"+numbered(`a%d:posts(first:1,search:"a"){totalCount} `, 50)+"}", "")
	add("searches of the commonest words", "{"+numbered(`a%d:posts(first:1,search:"the and of"){totalCount} `, 50)+"}", "")
	add("searches of 16 words", "{"+numbered(`a%d:posts(first:1,search:"t a o i s w c b p h f m d r e n"){totalCount} `, 50)+"}", "")
	add("pages of searches", "{"+numbered(`a%d:posts(first:80,search:"the"){nodes{id}} `, 48)+"}", "")
	add("orders that no index serves", "{"+numbered(`a%d:posts(first:90,orderBy:{field:UPDATED_AT},where:{title:{ne:"%[1]d"}}){nodes{id}} `, 50)+"}", "")
	add("last pages", "{"+numbered(`a%d:posts(last:90,orderBy:{field:TITLE},where:{title:{ne:"%[1]d"}}){nodes{id}} `, 50)+"}", "")
	add("nodes by variable", "query($i:[ID!]!){"+numbered("a%d:nodes(ids:$i){id} ", 50)+"}", `{"i":["post_x"`+numbered(`,"post_%d"`, 99)+`]}`)
	add("pages without conditions", "{"+numbered("a%d:posts(first:95){nodes{id}} ", 50)+"}", "")
	add("cursors", "{"+numbered("a%d:posts(first:50){edges{cursor node{id}}} ", 50)+"}", "")
	add("pages whose bound is loose", "{"+numbered(`a%d:posts(first:20,where:{createdAt:{gt:"1970-01-01T00:00:00Z"},title:{prefix:"no such title %[1]d"}}){nodes{id}} `, 50)+"}", "")
	return all
}

// readDocuments are those of the answered ones for which a store looks through much.
func readDocuments() (list []document) {
	for _, d := range answered() {
		switch d.name {
		case "counts", "counts of conditions", "tags", "pages whose bound is loose":
			list = append(list, d)
		}
	}
	return list
}
