package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/grapnel/grapnel/core"
)

// The names are put together at random; whoever bears one of them is not meant.
var (
	firstNames = strings.Fields(`Ada Aino Alba Amir Anouk Arvid Asta Bela Birte Bruno Carla Ciaran Clara Dario Dilek
		Edda Eino Elif Elio Emeka Enzo Esme Fadil Femi Fiona Freya Gala Goran Greta Hana Hedda Henrik Ilse Imani Ines
		Ivo Jana Jonas Jun Kaito Karim Kerstin Kofi Lale Lars Leila Levi Linnea Lucia Magnus Malik Marta Mateo Mina
		Mira Nadia Naveen Nils Noor Odile Olga Orla Oskar Pavel Pia Priya Quentin Rafael Rhea Rosa Ruben Saga Samir
		Sanne Selma Signe Soren Taavi Tamar Teo Thea Tomas Uma Ursel Vera Viggo Wanda Wim Xenia Yara Yusuf Zelda Zoran`)
	lastNames = strings.Fields(`Abelin Adeyori Almquist Anders Arkwell Bakshi Barlow Beckmar Belfort Bergdal Bianchesi Blomdal
		Brandel Calder Carvalhes Castelin Cederholt Chikari Corvin Dalgaard Delacour Demirsoy Dornfeld Dunmore Eklof Elderkin
		Ellingham Espersen Fairweld Falkner Farouki Fenwick Ferrandiz Fjeldsted Galvani Gerlach Ghorbal Grimsted Haldane
		Halvors Hartvig Hollis Ibarrola Ingersoll Iwasaka Jarnefelt Jokinen Kaldor Kamura Keane Kilbride Kolberg Kowalin
		Lagerholm Larkspur Lindgard Lowell Madsgaard Marchetto Marrow Mbekani Mendel Merrifield Moravec Nakagiri Nordahl
		Novakin Obiora Okonedo Orsini Ostrander Palander Pemberly Petrosin Quillan Rasmus Ravenel Rindal Rosendal Saarela
		Sandoval Selwyn Severin Silvestri Sorley Stavros Tanabe Tarrant Thorvald Tilden Ulrikson Valtieri Vandermeer
		Verhoef Wexford Whitlow Yamasato Yildizer Zabel Zetterholm`)
	townHeads = strings.Fields(`Ald Ash Bram Brei Cal Carn Dal Dun Eider El Fal Fen Glen Grim Hal Harn Hazel Holm Is Kel
		Kings Lang Lind Lor Mar Mel Nor Oak Ost Pell Quar Raven Rill Sand Sel Stor Tarn Thorn Ul Val Wald West Win Yar Zel`)
	townTails = strings.Fields(`berg borough bourne bridge burg bury by cliff combe dale ey fell ferry field ford fors gate
		grove hagen ham haven hof holt hurst ic land leigh lund mark mere minster moor mouth ness pool port rath ry see stad
		stead stow strand ton vale vik wall ward water weir wick wold worth`)
	mailDomains = strings.Fields("example.org desk.example.org mail.example.org post.example.org news.example.org")
	bios        = []string{
		"Writes about %s from %s.", "Reporter for %s. Lives in %s.", "Covers %s and everything around %s.", "Once a teacher in %[2]s, now with the %[1]s desk.",
		"Asks questions about %s. Born in %s.", "Photographs %[2]s, reads about %[1]s.", "Loves %s, trains and the view from %s.",
	}
)

// people makes the users of a site, one after the other without end: no two
// have the same username or address.
type people struct {
	rand        *rand.Rand
	order       []int // of all pairs of names
	next, round int
}

func newPeople(r *rand.Rand) *people {
	return &people{rand: r, order: r.Perm(len(firstNames) * len(lastNames))}
}

// draw makes the next one. Once all names are used, numbers tell people apart.
func (p *people) draw(role core.Role) core.UserImport {
	n := p.order[p.next]
	first, last := firstNames[n%len(firstNames)], lastNames[n/len(firstNames)]
	display := first + " " + last
	username := strings.ToLower(first + "." + last)
	if p.round > 0 {
		username += fmt.Sprint(p.round + 1)
	}
	u := core.UserImport{Username: username, DisplayName: &display, Role: role,
		Email: username + "@" + mailDomains[p.rand.IntN(len(mailDomains))]}
	if role != core.Member || p.rand.IntN(3) == 0 {
		bio := fmt.Sprintf(bios[p.rand.IntN(len(bios))], sections[p.rand.IntN(len(sections))], place(p.rand))
		u.Bio = &bio
	}
	if p.next++; p.next == len(p.order) {
		p.next, p.round = 0, p.round+1
	}
	return u
}

// roleOf spreads the roles: of n users, one in fifty edits, two in five write,
// and there is at least one of both where there are two users.
func roleOf(i, n int) core.Role {
	editors, authors := max(1, n/50), max(1, n*2/5)
	switch {
	case n > 1 && i < editors:
		return core.Editor
	case i < editors+authors:
		return core.Author
	}
	return core.Member
}

// place makes the name of a town.
func place(r *rand.Rand) string {
	return townHeads[r.IntN(len(townHeads))] + townTails[r.IntN(len(townTails))]
}

// fullName makes the name of somebody in the news.
func fullName(r *rand.Rand) (first, last string) {
	return firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
}
