package seed

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
)

// The size of a picture in pixels.
const pictureWidth, pictureHeight = 1200, 675

// picture is an encoded landscape.
type picture struct {
	data          []byte
	filename, alt string
}

// scene is a time of day: the colours of its sky and of its hills.
type scene struct {
	name, alt            string
	top, horizon         color.RGBA
	far, near            color.RGBA
	sun                  color.RGBA
	sunLow, sunHigh      float64 // share of the height, from the top
	clouds, stars, grain float64 // how much of each
}

var scenes = [...]scene{
	{"dawn", "a pink dawn", rgb(0x4a6fa5), rgb(0xf7c6b0), rgb(0xc9a9b8), rgb(0x2d2a45), rgb(0xfff1d6), .45, .6, .5, 0, 4},
	{"noon", "a clear midday sky", rgb(0x2f7fd1), rgb(0xcfe8f7), rgb(0x9fc0cf), rgb(0x2f5d3a), rgb(0xffffff), .1, .25, .9, 0, 3},
	{"dusk", "an orange dusk", rgb(0x2b2d5b), rgb(0xf28c4b), rgb(0xa8627a), rgb(0x1a1426), rgb(0xffd9a0), .48, .62, .6, .1, 5},
	{"night", "a starry night", rgb(0x060a1f), rgb(0x24386b), rgb(0x22305a), rgb(0x04060d), rgb(0xe8ecff), .12, .3, .15, 1, 3},
	{"mist", "morning mist", rgb(0xb9c6cc), rgb(0xeef1ee), rgb(0xd3dcdc), rgb(0x3f5559), rgb(0xffffff), .3, .5, .3, 0, 3},
	{"storm", "storm clouds", rgb(0x2a333d), rgb(0x8d9aa0), rgb(0x74828a), rgb(0x1b2426), rgb(0xd9dde0), .2, .4, 1.6, 0, 6},
	{"autumn", "a pale autumn sky", rgb(0x7d9db5), rgb(0xf3e3c3), rgb(0xd2a679), rgb(0x5a2f1b), rgb(0xfff4d0), .3, .5, .7, 0, 4},
	{"winter", "a cold winter sky", rgb(0x8fb0cf), rgb(0xf4f6fa), rgb(0xdbe6f0), rgb(0x7c93ad), rgb(0xffffff), .25, .45, .6, 0, 3},
}

// paint draws the picture of a number: layers of hills, paler the farther away
// they are, under the sky of a time of day. Every fourth is a PNG without
// grain, which it would not compress; the others are JPEGs.
func paint(r *rand.Rand, number int) (picture, error) {
	s := scenes[(number+r.IntN(2)*len(scenes)/2)%len(scenes)]
	asPNG := number%4 == 3
	if asPNG {
		s.grain, s.clouds = 0, s.clouds/2
	}
	hills := 3 + r.IntN(5)
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	s.sky(img, r)
	s.hills(img, r, hills)
	if s.grain > 0 {
		grain(img, r, s.grain)
	}

	p := picture{
		filename: fmt.Sprintf("%s-%03d.jpg", s.name, number+1),
		alt:      fmt.Sprintf("%d rows of hills under %s.", hills, s.alt),
	}
	var b bytes.Buffer
	var err error
	if asPNG {
		p.filename = fmt.Sprintf("%s-%03d.png", s.name, number+1)
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
	} else {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 85})
	}
	p.data = b.Bytes()
	return p, err
}

// sky draws a gradient, clouds, stars and the sun or moon.
func (s scene) sky(img *image.RGBA, r *rand.Rand) {
	clouds := newNoise(r)
	sunX := pictureWidth * (.15 + .7*r.Float64())
	sunY := pictureHeight * (s.sunLow + (s.sunHigh-s.sunLow)*r.Float64())
	radius := 18 + 30*r.Float64()
	white := color.RGBA{255, 255, 255, 255}
	for y := range pictureHeight {
		base := mix(s.top, s.horizon, math.Pow(float64(y)/(pictureHeight*.75), 1.3))
		for x := range pictureWidth {
			c := base
			if s.clouds > 0 {
				n := clouds.at(float64(x)/260, float64(y)/90)
				c = mix(c, mix(s.horizon, white, .4), s.clouds*math.Max(0, n-.45))
			}
			d := math.Hypot(float64(x)-sunX, float64(y)-sunY)
			c = mix(c, s.sun, .6*math.Exp(-math.Max(0, d-radius)/90))
			if d < radius+1 {
				c = mix(s.sun, c, d-radius)
			}
			img.SetRGBA(x, y, c)
		}
	}
	for range int(400 * s.stars) {
		x, y := r.IntN(pictureWidth), int(float64(pictureHeight)*.7*math.Pow(r.Float64(), 1.5))
		img.SetRGBA(x, y, mix(img.RGBAAt(x, y), white, .3+.7*r.Float64()))
	}
}

// hills draws rows of hills, the farthest first.
func (s scene) hills(img *image.RGBA, r *rand.Rand, rows int) {
	for row := range rows {
		near := float64(row+1) / float64(rows)
		ridge := newNoise(r)
		colour := mix(s.far, s.near, near)
		level := pictureHeight * (.42 + .45*near*(.9+.2*r.Float64()))
		height := pictureHeight * (.16 + .12*r.Float64())
		scale := 140 + 260*near
		for x := range pictureWidth {
			top := int(level - height*(ridge.at(float64(x)/scale, .5)-.35))
			for y := max(0, top); y < pictureHeight; y++ {
				// The foot of each row lies in haze.
				img.SetRGBA(x, y, mix(colour, s.far, (1-near)*.5*math.Min(1, float64(y-top)/160)))
			}
		}
	}
}

// grain gives the picture the look of film; without it every file would be tiny.
func grain(img *image.RGBA, r *rand.Rand, much float64) {
	for i := range img.Pix {
		if i%4 < 3 {
			img.Pix[i] = clamp(float64(img.Pix[i]) + (r.Float64()-.5)*2*much)
		}
	}
}

// noise is value noise: random heights at whole coordinates, smooth in between.
type noise struct{ lattice [64 * 64]float64 }

func newNoise(r *rand.Rand) *noise {
	n := &noise{}
	for i := range n.lattice {
		n.lattice[i] = r.Float64()
	}
	return n
}

// at adds up four octaves; the result is about 0 to 1.
func (n *noise) at(x, y float64) float64 {
	sum, weight, total := 0., 1., 0.
	for range 4 {
		sum, total = sum+weight*n.value(x, y), total+weight
		x, y, weight = x*2+17, y*2+5, weight/2
	}
	return sum / total
}

func (n *noise) value(x, y float64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	i, j := int(fx), int(fy)
	u, v := smooth(x-fx), smooth(y-fy)
	corner := func(i, j int) float64 { return n.lattice[(i&63)+64*(j&63)] }
	top := corner(i, j)*(1-u) + corner(i+1, j)*u
	bottom := corner(i, j+1)*(1-u) + corner(i+1, j+1)*u
	return top*(1-v) + bottom*v
}

func smooth(t float64) float64 { return t * t * (3 - 2*t) }

// mix is a to b by share, which is held within 0 and 1.
func mix(a, b color.RGBA, share float64) color.RGBA {
	share = math.Min(1, math.Max(0, share))
	part := func(a, b uint8) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*share) }
	return color.RGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), 255}
}

func clamp(v float64) uint8 { return uint8(math.Min(255, math.Max(0, v))) }

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}
