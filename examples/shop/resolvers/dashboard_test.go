package resolvers_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// The page is told of the types of the project, beside those of Grapnel, and of what the
// project adds to these.
func TestDashboardOfTheProject(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var answer struct {
		Data struct {
			DashboardSchema struct {
				Types []struct {
					Name, Read, Create, Update, Delete string
					Singleton                          bool
					One                                string
					List, Group, Owner, CreateMutation *string
					Rules                              []string
					Fields                             []struct {
						Name, Kind         string
						Of, Widget, Group  *string
						Readable           string
						List, Listed       bool
						OnCreate, OnUpdate bool
					}
				}
				Embedded []struct{ Name string }
			}
		}
	}
	out := s.send(`{ dashboardSchema {
  types { name read create update delete singleton one list group owner createMutation rules fields { name kind of widget group readable list listed onCreate onUpdate } }
  embedded { name }
} }`, `{}`)
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := answer.Data.DashboardSchema
	var types, embedded []string
	fields := map[string]int{}
	for _, d := range got.Types {
		types = append(types, d.Name+" "+d.Read+" "+d.Create+" "+d.Update+" "+d.Delete)
		for i, f := range d.Fields {
			fields[d.Name+"."+f.Name] = i
		}
	}
	for _, e := range got.Embedded {
		embedded = append(embedded, e.Name)
	}
	if want := []string{
		"Order ALL OWN ALL NONE", "Product ALL ALL ALL ALL", "Review ALL OWN ALL ALL", "Shop ALL NONE ALL NONE",
		"Post ALL ALL ALL ALL", "Page ALL ALL ALL ALL", "Asset SOME OWN SOME SOME", "User ALL NONE OWN OWN", "Site ALL NONE NONE NONE", "ApiKey OWN OWN OWN NONE",
	}; !slices.Equal(types, want) {
		t.Fatalf("an editor has\n%q, want\n%q", types, want)
	}
	if want := []string{"Address", "Dimensions", "MenuEntry", "NavigationLink", "OrderLine", "Part", "SocialLink"}; !slices.Equal(embedded, want) {
		t.Errorf("embedded are %q, want %q", embedded, want)
	}
	order, product, review, shop, user := got.Types[0], got.Types[1], got.Types[2], got.Types[3], got.Types[7]
	if *product.Group != "Catalogue" || *product.Owner != "makerId" || *product.List != "products" || *product.CreateMutation != "createProduct" {
		t.Errorf("products are %+v", product)
	}
	if f := product.Fields[fields["Product.photos"]]; f.Kind != "REFERENCE" || *f.Of != "Asset" || !f.List || *f.Widget != "IMAGE" {
		t.Errorf("photos are %+v", f)
	}
	if f := product.Fields[fields["Product.reviews"]]; f.Kind != "CONNECTION" || *f.Of != "Review" {
		t.Errorf("reviews are %+v", f)
	}
	if f := product.Fields[fields["Product.costPrice"]]; f.Readable != "NONE" || f.OnCreate || f.OnUpdate || *f.Group != "Price" {
		t.Errorf("the price that only admins know is %+v", f)
	}
	if f := product.Fields[fields["Product.parts"]]; f.Kind != "EMBEDDED" || *f.Of != "Part" || *f.Widget != "TREE" {
		t.Errorf("parts are %+v", f)
	}
	if f := order.Fields[fields["Order.status"]]; f.OnCreate || !f.OnUpdate {
		t.Errorf("the status of an order is %+v", f)
	}
	if f := review.Fields[fields["Review.hidden"]]; f.Readable != "ALL" || !f.OnUpdate {
		t.Errorf("whether a review is hidden is %+v", f)
	}
	if !shop.Singleton || shop.List != nil || shop.One != "shop" || shop.CreateMutation != nil || !slices.Equal(shop.Rules, []string{"Everybody may read it.", "Editors and admins may read and change it."}) {
		t.Errorf("the shop is %+v", shop)
	}
	for name, kind := range map[string]string{"orders": "CONNECTION", "address": "EMBEDDED", "seller": "BOOLEAN", "favourite": "REFERENCE"} {
		if f := user.Fields[fields["User."+name]]; f.Kind != kind {
			t.Errorf("%s of users is %+v", name, f)
		}
	}
}
