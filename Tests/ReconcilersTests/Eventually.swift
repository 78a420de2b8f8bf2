/// Waits until the condition holds; false when it does not within the limit. An error counts as not yet.
func eventually(
    within limit: Duration = .seconds(60), _ condition: @Sendable () async throws -> Bool
) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if let holds = try? await condition(), holds { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return (try? await condition()) ?? false
}
