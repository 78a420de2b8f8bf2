/// Sources of one type that come and go while the catalog is led, such as one for each cluster.
package protocol ChangingSources: Sendable {
    /// The type of all of them.
    var type: String { get }

    /// Those that there are now. One that was there before is the same object; another object of the same id takes its place.
    func current() async -> [any CatalogSource & AnyObject]

    /// The targets that there may be, now or soon; nil while nobody knows. What others of the type gave goes, so one that
    /// lacks for a moment is among them.
    func expected() async -> Set<String>?
}
