package telegramexport

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"dalil/internal/format"
	"dalil/internal/record"
)

func TestFactsOfAnExport(t *testing.T) {
	title := func(key, name string) []record.Fact {
		return []record.Fact{{Key: key, Kind: record.FactTitle, Value: name, At: record.NoSeconds}}
	}
	for _, c := range []struct {
		file string
		want []record.Fact
	}{
		{`{"name": "Blue Horizon", "type": "public_channel", "id": 1600000001, "messages": [{"broken`, title("telegram:1600000001", "Blue Horizon")},
		{`{"id": 8594967297, "type": "private_supergroup", "name": "جيران", "messages": []}`, title("telegram:5032705", "جيران")},
		{`{"name": "Rana", "type": "personal_chat", "id": 77, "messages": []}`, nil},
		{`{"name": null, "type": "public_channel", "id": 16, "messages": []}`, nil},
		{`{"name": "no id", "type": "public_channel", "messages": []}`, nil},
		{`{"about": "x", "personal_information": {"name": "Rana"}, "chats": {"list": [{"name": "x", "type": "public_channel", "id": 5}]}}`, nil},
		{`{"name": ["x"], "messages": []}`, nil},
		{`[`, nil}, {``, nil}, {`{"name`, nil},
		{`{"name": "` + strings.Repeat("x", factsHead) + `", "id": 5, "type": "public_channel", "messages": []}`, nil},
	} {
		got := factsJSON(context.Background(), format.Input{R: strings.NewReader(c.file), Size: int64(len(c.file))})
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%.60s: %+v, want %+v", c.file, got, c.want)
		}
	}
}
