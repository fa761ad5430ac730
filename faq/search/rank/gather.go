package rank

// The parameters of BM25: how soon a word that is repeated counts no more, and how
// much long texts are held back.
const (
	k1      = 1.2
	bTitle  = 0.6
	bBody   = 0.75
	k1Both  = 2.5 // where title and body are one text,
	inTitle = 8   // in which a word of the title counts so many times
)

// scratch is where a search adds up. It is used again.
type scratch struct {
	sums  []sums // by document
	found []uint32
	slot  []uint32 // documents that the slot at hand has found

	// By resolved query: how much of the query it has.
	past      []float32
	pastFound []uint32

	// By term, for the documents that are looked at closely.
	role   []role
	roled  []uint32
	recall []recalled
	links  []link
	gram   []bool // n-grams that the query has
	grams  []uint32
}

// sums are what the words of a query come to in a document.
type sums struct {
	title, body, both, cover      float32
	slotTitle, slotBody, slotW    float32
	slotTitleCount, slotBodyCount float32
}

// reset makes room for so many documents, and forgets the search before.
func (x *scratch) reset(docs, past, terms int) {
	if len(x.sums) < docs {
		x.sums = make([]sums, docs+docs/8)
		x.found = x.found[:0]
	}
	for _, n := range x.found {
		x.sums[n] = sums{}
	}
	if len(x.past) < past {
		x.past = make([]float32, past+past/8)
		x.pastFound = x.pastFound[:0]
	}
	for _, n := range x.pastFound {
		x.past[n] = 0
	}
	if len(x.role) < terms {
		x.role = make([]role, terms+terms/8)
		x.roled = x.roled[:0]
	}
	for _, t := range x.roled {
		x.role[t] = role{}
	}
	x.found, x.pastFound, x.roled, x.slot = x.found[:0], x.pastFound[:0], x.roled[:0], x.slot[:0]
}

// ask notes the n-grams of the query; so many are known.
func (x *scratch) ask(grams []uint32, known int) {
	for _, g := range x.grams {
		x.gram[g] = false
	}
	if len(x.gram) < known {
		x.gram = make([]bool, known+known/8)
	}
	x.grams = append(x.grams[:0], grams...)
	for _, g := range grams {
		x.gram[g] = true
	}
}

// gather adds up what the words of a query say of the documents that have any.
func (s *shelf) gather(x *scratch, q *asked) {
	n := float64(max(s.public, 1))
	perTitle, perBody := float32(1/max(s.titleSize/n, 1)), float32(1/max(s.bodySize/n, 1))
	for _, sl := range q.slots {
		if sl.late {
			continue
		}
		for _, a := range sl.alts {
			w := min(sl.weight, s.idf[a.term]) * a.good
			s.gatherTitle(x, &s.vocab[a.term].title, w, a.good, perTitle)
			s.gatherBody(x, &s.vocab[a.term].body, w, a.good, perBody)
		}
		for _, n := range x.slot {
			u := &x.sums[n]
			if u.cover == 0 {
				x.found = append(x.found, n)
			}
			u.cover += u.slotW
			u.title += u.slotTitle
			u.body += u.slotBody
			f := inTitle*u.slotTitleCount + u.slotBodyCount
			u.both += u.slotW * f * (k1Both + 1) / (f + k1Both)
			u.slotTitle, u.slotBody, u.slotW, u.slotTitleCount, u.slotBodyCount = 0, 0, 0, 0, 0
		}
		x.slot = x.slot[:0]
	}
}

func (s *shelf) gatherTitle(x *scratch, p *postings, w, good, per float32) {
	p.each(func(n uint32, f byte) {
		u := &x.sums[n]
		if u.slotW == 0 {
			x.slot = append(x.slot, n)
		}
		count := float32(f) / (1 - bTitle + bTitle*s.titleLen[n]*per)
		u.slotTitle = max(u.slotTitle, w*count*(k1+1)/(count+k1))
		u.slotTitleCount = max(u.slotTitleCount, count*good)
		u.slotW = max(u.slotW, w)
	})
}

func (s *shelf) gatherBody(x *scratch, p *postings, w, good, per float32) {
	p.each(func(n uint32, f byte) {
		u := &x.sums[n]
		if u.slotW == 0 {
			x.slot = append(x.slot, n)
		}
		count := float32(f) / (1 - bBody + bBody*s.bodyLen[n]*per)
		u.slotBody = max(u.slotBody, w*count*(k1+1)/(count+k1))
		u.slotBodyCount = max(u.slotBodyCount, count*good)
		u.slotW = max(u.slotW, w)
	})
}

// add adds what a word says that is in a title and a body so often, whose lengths are
// given in mean lengths.
func (u *sums) add(w, title, body, titleLen, bodyLen float32) {
	title /= 1 - bTitle + bTitle*titleLen
	body /= 1 - bBody + bBody*bodyLen
	u.title += w * title * (k1 + 1) / (title + k1)
	u.body += w * body * (k1 + 1) / (body + k1)
	f := inTitle*title + body
	u.both += w * f * (k1Both + 1) / (f + k1Both)
}
