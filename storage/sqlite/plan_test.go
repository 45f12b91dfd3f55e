package sqlite_test
import ("testing";"github.com/grapnel/grapnel/core")
func TestTmp(t *testing.T){ s:=open(t); defer s.Close(); fill(t,s,2000)
 ids:=[]string{}; for range 20 { ids=append(ids, "x") }
 sql,steps,err:=s.Explain(t.Context(),"posts",core.Query{Filter:core.In("_id",ids),Limit:20}); t.Log(sql,steps,err)
}
