package language

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// latinBare returns a lower-case Latin letter without its marks. Letters whose
// mark is part of the shape, and ligatures, are written as they are typed
// without a special keyboard.
func latinBare(c rune) []rune {
	switch c {
	case 'ı':
		return []rune{'i'}
	case 'ł':
		return []rune{'l'}
	case 'ø':
		return []rune{'o'}
	case 'đ', 'ð':
		return []rune{'d'}
	case 'ħ':
		return []rune{'h'}
	case 'ŧ':
		return []rune{'t'}
	case 'ß':
		return []rune("ss")
	case 'æ', 'ǽ', 'ǣ':
		return []rune("ae")
	case 'œ':
		return []rune("oe")
	case 'þ':
		return []rune("th")
	case 'ə':
		return []rune{'e'}
	}
	var out []rune
	for _, r := range norm.NFD.String(string(c)) {
		if !unicode.Is(unicode.Mn, r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	if len(out) == 1 && out[0] >= 0x80 && out[0] != c {
		return latinBare(out[0]) // ǿ is ø with a mark
	}
	return out
}

// latinSounds is what Latin letters stand for in names from any language.
const latinSounds = `
	a:a e:e,0 i:i o:o u:u y:y,i ee:i oo:u ou:u,aw,ow au:aw,o eau:o ea:i,a
	b:b c:k,s,j;č ch:č,k,š,x sch:š,sk tch:č tsch:č cz:č cs:č,ks ck:k sc:sk,s,š d:d dj:j dh:ð,z,d dg:j f:f
	g:g,j gh:ɣ,0,f gi:j gli:l gn:gn,ny h:h,0 j:j,y,x,ž k:k kh:x,h l:l m:m n:n ng:ng,n p:p ph:f pf:f,pf
	q:q qu:k,kw r:r rh:r s:s;z,š sh:š t:t th:θ,s,ð ts:ts,s tz:ts,s ti:ti;š v:v,w w:w;v wh:w x:ks,z,x;š z:z;s,ts zh:ž,z zz:ts,z`
