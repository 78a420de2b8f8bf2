/// Which clusters there may be. One that lacks for a moment, such as while its description is replaced, is still expected:
/// only what lacked at every look for `grace` is not.
struct ExpectedClusters {
    static let grace: Duration = .seconds(60)

    /// Nil while nobody knows.
    private(set) var names: Set<String>?
    private var knownSince: Duration?
    private var lackingSince: [String: Duration] = [:]

    /// Takes in a look at what is configured.
    ///
    /// - Parameters:
    ///   - configured: nil: nobody knows.
    ///   - moment: of the look, since any beginning; it never goes back.
    mutating func look(_ configured: Set<String>?, at moment: Duration) {
        guard let configured else {
            // What is not known does not lack.
            (knownSince, lackingSince) = (nil, [:])
            return
        }
        let lacking = (names ?? []).subtracting(configured).filter { name in
            let since = lackingSince[name] ?? moment
            return moment - since < Self.grace
        }
        lackingSince = Dictionary(uniqueKeysWithValues: lacking.map { ($0, lackingSince[$0] ?? moment) })
        knownSince = knownSince ?? moment
        names = configured.union(lacking)
    }

    /// Whether names are known for so long that what was never among them lacked long enough too.
    func isSettled(at moment: Duration) -> Bool { knownSince.map { moment - $0 >= Self.grace } ?? false }
}
