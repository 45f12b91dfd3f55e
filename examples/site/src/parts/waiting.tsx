// Waiting has the shape of a list of posts, so that nothing moves when they come.
export function Waiting({ lead }: { lead?: boolean }) {
  return (
    <div className="waiting" role="status" aria-label="Loading">
      {lead && <Blank className="card lead" />}
      <div className="grid">{[1, 2, 3, 4, 5, 6].map(n => <Blank key={n} className="card" />)}</div>
    </div>
  )
}

function Blank({ className }: { className: string }) {
  return (
    <div className={className}>
      <div className="picture"><div className="cover" /></div>
      <div className="text"><i /><i /><i /></div>
    </div>
  )
}
