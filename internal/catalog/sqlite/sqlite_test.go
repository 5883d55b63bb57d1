package sqlite

import (
	"testing"

	"dalil/internal/catalog"
	"dalil/internal/catalog/catalogtest"
)

func TestCatalog(t *testing.T) {
	catalogtest.Run(t, func(t testing.TB, place string) catalog.Catalog {
		c, err := Open(place, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
