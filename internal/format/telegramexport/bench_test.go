package telegramexport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"dalil/internal/format"
	"dalil/internal/record"
)

// generated is an export of a channel of about size bytes, indented as
// Telegram Desktop does.
func generated(size int) []byte {
	words := strings.Fields("بيان صادر عن لواء الأفق الأزرق استهداف قاعدة في محافظة النهرين بطائرة مسيرة صباح اليوم وبيان آخر عن المقاومة " +
		"statement number two of the brigade اطلاعیه شماره سه گروه افق آبی")
	var b bytes.Buffer
	b.WriteString("{\n \"name\": \"Blue Horizon | الأفق الأزرق\",\n \"type\": \"public_channel\",\n \"id\": 1234567890,\n \"messages\": [")
	for i := 1; b.Len() < size; i++ {
		var text strings.Builder
		for w := range 30 + i%50 {
			text.WriteString(words[(i*7+w*w)%len(words)])
			text.WriteString([]string{" ", " ", "\\n", " \\\"", " "}[(i+w)%5])
		}
		if i > 1 {
			b.WriteString(",")
		}
		at := 1600000000 + 300*i
		date := time.Unix(int64(at), 0).In(baghdadLike).Format("2006-01-02T15:04:05")
		fmt.Fprintf(&b, "\n  {\n   \"id\": %d,\n   \"type\": \"message\",\n   \"date\": \"%s\",\n   \"date_unixtime\": \"%d\",\n"+
			"   \"from\": \"Blue Horizon | الأفق الأزرق\",\n   \"from_id\": \"channel1234567890\",\n", i, date, at)
		if i%3 == 0 {
			fmt.Fprintf(&b, "   \"photo\": \"photos/photo_%d@14-09-2020_10-00-00.jpg\",\n   \"photo_file_size\": 81234,\n   \"width\": 1280,\n   \"height\": 720,\n", i)
		}
		if i%5 == 0 {
			fmt.Fprintf(&b, "   \"forwarded_from\": \"قناة أخرى\",\n   \"forwarded_from_id\": \"channel99\",\n")
		}
		fmt.Fprintf(&b, "   \"text\": [\n    {\n     \"type\": \"hashtag\",\n     \"text\": \"#بيان\"\n    },\n    \" %s\"\n   ],\n"+
			"   \"text_entities\": [\n    {\n     \"type\": \"hashtag\",\n     \"text\": \"#بيان\"\n    },\n    {\n     \"type\": \"plain\",\n     \"text\": \" %s\"\n    }\n   ],\n"+
			"   \"reactions\": [\n    {\n     \"type\": \"emoji\",\n     \"count\": %d,\n     \"emoji\": \"👍\"\n    }\n   ]\n  }", text.String(), text.String(), i%90)
	}
	b.WriteString("\n ]\n}")
	return b.Bytes()
}

// A counter is a sink that keeps nothing.
type counter struct {
	silent
	n, text int
}

func (c *counter) Source(record.Source) error { return nil }
func (c *counter) Reading(r *record.Reading) error {
	c.n++
	c.text += len(r.Text)
	return nil
}
func (c *counter) Skipped(string, int)      {}
func (c *counter) Covers(first, last int64) {}

func BenchmarkJSON(b *testing.B) {
	file := generated(50 << 20)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		var c counter
		in := format.Input{R: bytes.NewReader(file), Size: int64(len(file)), Settings: format.Settings{Zone: time.UTC}}
		if err := JSON.Read(context.Background(), in, &c); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(c.n), "messages")
	}
}

// BenchmarkSplit is the first stage alone: where messages begin and end.
func BenchmarkSplit(b *testing.B) {
	file := generated(50 << 20)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		var e extent
		if _, o := e.scan(file); o != closed {
			b.Fatal(o)
		}
	}
}

// BenchmarkEncodingJSON is the standard library's reader, for comparison.
func BenchmarkEncodingJSON(b *testing.B) {
	file := generated(10 << 20)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		var v struct {
			Messages []struct {
				ID           int64
				Type         string
				Date         string
				DateUnixtime string `json:"date_unixtime"`
				From         string
				FromID       string                              `json:"from_id"`
				TextEntities []struct{ Type, Text, Href string } `json:"text_entities"`
			}
		}
		if err := json.Unmarshal(file, &v); err != nil {
			b.Fatal(err)
		}
	}
}
