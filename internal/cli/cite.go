package cli

import "dalil/internal/desk"

type citeCmd struct {
	IDs   []string `arg:"" name:"id" help:"Statements, S-…"`
	Style string   `help:"house, chicago, harvard or plain; without it, all of them." enum:"house,chicago,harvard,plain," default:""`
}

func (c *citeCmd) Run(a *app) error {
	return a.with(false, func(d *desk.Desk) error {
		for _, id := range c.IDs {
			x, err := d.Cite(a.ctx, id)
			if err != nil {
				return err
			}
			switch {
			case a.JSON:
				err = a.emit("citation", x)
			case c.Style != "":
				a.printf("%s\n", x.In(c.Style))
			default:
				a.printf("%s  %s\n", x.ID, x.Key)
				for _, style := range desk.Styles() {
					a.printf("  %-8s %s\n", style, x.In(style))
				}
				if x.NoZone {
					a.printf("  the source printed no time zone; the case's was taken\n")
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
