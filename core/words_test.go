package core_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/grapnel/grapnel/core"
)

// note is a document that is searched.
type note struct {
	core.Head `bson:",inline"`
	Text      string `bson:"text"`
}

func finds(text, search string) bool {
	return core.Search(search).Match(&note{Text: text}, []string{"text"})
}

// What readers type finds what writers wrote.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		found []string // each alone, and as a whole word
		not   []string
	}{
		// Case is folded in full.
		{"Die Straße", []string{"STRASSE", "straße", "STRAẞE", "strasse"}, []string{"trasse"}},
		{"οδός Αθηνών", []string{"ΟΔΟΣ", "οδος", "ΑΘΗΝΏΝ", "αθηνων"}, nil},
		{"ﬁne ŉ ǰ", []string{"fine", "FINE"}, nil},
		{"ՀԱՅԵՐԵՆ և", []string{"հայերեն", "եւ"}, nil},
		{"İstanbul ISPARTA", []string{"istanbul", "İSTANBUL", "ISTANBUL", "isparta"}, nil},

		// So are letters without a decomposition.
		{"Łódź", []string{"lodz", "LODZ", "łódź"}, nil},
		{"Smørrebrød", []string{"smorrebrod", "SMØRREBRØD"}, nil},
		{"Đà Nẵng", []string{"da nang", "DA NANG", "đà nẵng", "Ðà nang"}, nil},
		{"Diyarbakır", []string{"diyarbakir", "DIYARBAKIR", "DİYARBAKIR"}, nil},
		{"Ærø, cœur, Þingvellir, Guðrún", []string{"aero", "coeur", "thingvellir", "gudrun", "ÞINGVELLIR"}, nil},
		{"Ħamrun Əliyev Ŋgoma ɛ̃", []string{"hamrun", "eliyev", "ngoma", "e"}, nil},

		// Accents are left out, and marks that tell words apart are not.
		{"Crème brûlée naïve", []string{"creme brulee naive", "CRÈME", "cre\u0300me"}, nil},
		{"ёлка мой чай", []string{"елка", "ЁЛКА", "мой", "ЧАЙ", "мои\u0306"}, []string{"мои "}},
		{"שָׁלוֹם", []string{"שלום"}, nil},
		{"مُحَمَّد إلى القاهرة", []string{"محمد", "الى", "إلي", "القاهره", "محـــمد"}, nil},
		{"کتاب می\u200cخواهم", []string{"كتاب", "میخواهم", "می\u200cخواهم"}, nil},
		{"किताब", []string{"किताब"}, []string{"कताब", "कतब "}},
		{"तमिल தமிழ்", []string{"தமிழ்", "तमिल"}, []string{"தமழ"}},
		{"বাংলা", []string{"বাংলা"}, []string{"বংল"}},
		{"ขาว", []string{"ขาว"}, []string{"ข้าว", "ขว"}},
		{"がぎ ハハ", []string{"がぎ", "か\u3099き\u3099", "ハハ", "ﾊﾊ"}, []string{"かき", "ババ", "パパ"}},
		{"ﾊﾟﾊﾟ", []string{"パパ"}, []string{"ハハ"}},

		// Words without spaces between them.
		{"我们在北京大学学习", []string{"北京", "大学", "学", "北京大学", "我们在北京大学学习", "北 京"}, []string{"京北", "学生"}},
		{"上海海关", []string{"上海", "海关"}, []string{"上海关"}},
		{"東京都庁のラーメン屋", []string{"東京都", "ラーメン", "屋", "の"}, []string{"ラメ"}},
		{"이 학교에서는 김치를 먹는다", []string{"학교", "학교에서", "김치", "먹는", "학교 김치"}, []string{"학원"}},
		{"ห้องเรียนภาษาไทย", []string{"ห้อง", "เรียน", "ภาษาไทย", "ไทย"}, []string{"เรือน"}},
		{"ភាសាខ្មែរ မြန်မာဘာသာ ພາສາລາວ", []string{"ខ្មែរ", "ဘာသာ", "ລາວ"}, nil},
		{"ERP审批流程 iPhone手机2026年", []string{"ERP审批", "erp", "审批", "流程", "iphone", "手机", "2026", "iPhone手机", "年"}, []string{"erp手续"}},
		{"𠮷野家と𩸽", []string{"𠮷野家", "𠮷", "𩸽"}, []string{"野𠮷"}},

		// What is not seen does not hide words.
		{"Donau\u00addampf\u00adschiff", []string{"donaudampfschiff", "Donau\u00addampfschiff"}, nil},
		{"zero\u200bwidth word\u2060joiner \ufeffbom a\u034fb", []string{"zerowidth", "wordjoiner", "bom", "ab"}, nil},
		{"क्\u200dष नमस्\u200cते", []string{"क्ष", "नमस्ते"}, nil},
		{"\u202aleft\u202c 1\ufe0f\u20e3 ok", []string{"left", "1", "ok"}, nil},

		// Forms of one character.
		{"ＦＵＬＬ width ２０２６ ①", []string{"full", "2026", "1"}, nil},
		{"٢٠٢٦ ๒๕๖๙ २०२६", []string{"2026", "2569", "٢٠٢٦"}, nil},
		{"Linux™ 5㎏ №7", []string{"linux", "kg", "5", "7", "linux™"}, nil},
		{"Hawaiʻi пʼять Qurʾān", []string{"hawai'i", "п'ять", "quran", "Hawai‘i"}, nil},

		// Words end where they ended before.
		{"rock'n'roll, e-mail; C++ (jazz)", []string{"rock", "roll", "e-mail", "mail", "c++", "jazz"}, []string{"azz", "ol"}},
		{"x1 3.14", []string{"x1", "3.14", "14"}, []string{"1x"}},
	} {
		for _, s := range test.found {
			if !finds(test.text, s) {
				t.Errorf("%q does not find %q: %q and %q", s, test.text, core.SoughtWords(s), core.Words(test.text))
			}
			if !finds(test.text, s+" ") {
				t.Errorf("%q as a whole word does not find %q", s, test.text)
			}
		}
		for _, s := range test.not {
			if finds(test.text, s) {
				t.Errorf("%q finds %q", s, test.text)
			}
		}
	}
}

// The last word of a search may be the beginning of one, while it is typed.
func TestSearchAsYouType(t *testing.T) {
	t.Parallel()
	const text = "All that jazz: Łódź, 東京タワー, Straße"
	for _, search := range []string{
		"j", "ja", "jaz", "jazz", "that ja", "JA", "all, that j", "ło", "lo", "lodz", "東", "東京", "東京タ", "jazz 東", "東京 ja", "stras", "strass", "straß", "ja\u200b", "ja\u00ad",
	} {
		if !finds(text, search) {
			t.Errorf("%q does not find", search)
		}
	}
	for _, search := range []string{
		"az", "jazzy", "ja ", "ja.", "ja that", "ja ja ", "(ja)", "th jazz", "ja 🎉", "", " ", "!", "\u200b", "🎉",
	} {
		if finds(text, search) {
			t.Errorf("%q finds", search)
		}
	}
}

// Letters that are folded one by one are folded as the whole text would be, whatever
// stands beside them.
func TestFoldLetters(t *testing.T) {
	t.Parallel()
	letters := core.FoldedLetters()
	for r := range rune(utf8.RuneSelf) {
		letters = append(letters, r)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text := make([]rune, 1+r.IntN(6))
		for i := range text {
			text[i] = letters[r.IntN(len(letters))]
		}
		got, all := core.FoldLetters(string(text))
		if want := core.FoldAny(string(text)); !all || got != want {
			t.Fatalf("%q (%U) becomes %q, %t, want %q", string(text), text, got, all, want)
		}
	}
	for _, text := range []string{"e\u0301", "が", "상", "й\u0306", "㎏"} {
		if got, all := core.FoldLetters(text); all {
			t.Errorf("%q becomes %q, letter by letter", text, got)
		}
	}
}

// A text is found by itself, and by each of its beginnings.
func FuzzWords(f *testing.F) {
	for _, s := range []string{
		"", "jazz", "Straße und ŞİŞLİ", "我们在北京大学学习 ERP审批", "ห้องเรียน", "が\u3099か\u3099", "한국어 텍스트에서", "क्\u200dष", "й и\u0306 ё", "\u0301a\xffb\xe3\x81", "\xf3ё",
		"Linux™㎏", "ﷺ ﬃ ǅ ͅα", "ᾴ ΰ", "1️⃣ 👩‍👩‍👧", "a\u0345\u0301\u0327z", "᾿Οδός ȷ̈",
	} {
		f.Add(s, 3)
		f.Add(s, 5)
	}
	f.Fuzz(func(t *testing.T, text string, to int) {
		words := core.Words(text)
		if sorted := slices.Sorted(slices.Values(words)); len(slices.Compact(sorted)) != len(words) {
			t.Errorf("a word is there twice: %q", words)
		}
		for _, w := range words {
			if strings.ContainsAny(w, " \"*'\x00") || strings.TrimFunc(w, func(r rune) bool { return r < 0x80 && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) != w {
				t.Errorf("%q is a word", w)
			}
			if !slices.Contains(core.Words(w), w) {
				t.Errorf("%q becomes %q", w, core.Words(w))
			}
		}
		if len(words) > 0 && (!finds(text, text) || !finds(text, text+" ")) {
			t.Errorf("%q does not find itself: %q in %q", text, core.SoughtWords(text), words)
		}
		// What stands before a separator, or before ASCII of another word, begins a word.
		runes := []rune(text)
		if to < 1 || to > len(runes) || to < len(runes) && runes[to] >= 0x80 {
			return
		}
		if piece := string(runes[:to]); !core.SoughtWords(piece).Empty() && !finds(text, piece) {
			t.Errorf("%q does not find %q: %q in %q", piece, text, core.SoughtWords(piece), words)
		}
	})
}
