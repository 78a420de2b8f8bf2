internal import Base

/// Gives the credentials of an exec plugin: kept until shortly before they expire or until the server refuses them, and
/// asked for by one run at a time.
actor ExecSource {
    typealias Run = @Sendable (ExecPlugin) async throws(ExecPluginError) -> ExecCredential

    /// Credentials that expire sooner are not sent any more (kube-rs; client-go has none).
    private static let leeway: Int64 = 10

    /// A run of the plugin and how many wait for it.
    private final class Running {
        let ended = Gate()
        let task: Task<ExecCredential, any Error>
        var waiters = 0

        init(_ body: @escaping @Sendable () async throws -> ExecCredential) {
            let ended = ended
            task = Task {
                defer { ended.open() }
                return try await body()
            }
        }
    }

    private let plugin: ExecPlugin
    private let now: @Sendable () -> Timestamp
    private let run: Run
    private var current: ExecCredential?
    private var isRefused = false
    private var running: Running?

    init(
        _ plugin: ExecPlugin, now: @escaping @Sendable () -> Timestamp = { .now() },
        run: @escaping Run = { (plugin) throws(ExecPluginError) in try await plugin.run() }
    ) {
        self.plugin = plugin
        self.now = now
        self.run = run
    }

    /// The credentials to send now.
    ///
    /// - Throws: `ExecPluginError`, `CancellationError`. The program is killed when nobody waits for it any more.
    func credential() async throws -> ExecCredential {
        if let current, !isRefused, isGood(current, for: Self.leeway) { return current }
        let running = join()
        defer { leave(running) }
        guard await running.ended.wait() else { throw CancellationError() }
        do {
            let fresh = try await running.task.value
            take(fresh, of: running)
            return fresh
        } catch {
            // Almost expired is not expired.
            guard let current, !isRefused, isGood(current, for: 0) else { throw error }
            return current
        }
    }

    /// The server refused these: unless they have been replaced meanwhile, the plugin runs before the next request.
    func refuse(_ credential: ExecCredential) {
        if credential == current { isRefused = true }
    }

    private func join() -> Running {
        let joined = running ?? Running { [plugin, run] in try await run(plugin) }
        joined.waiters += 1
        running = joined
        return joined
    }

    private func take(_ fresh: ExecCredential, of run: Running) {
        guard running === run else { return }
        running = nil
        current = fresh
        isRefused = false
    }

    private func leave(_ run: Running) {
        run.waiters -= 1
        if run.waiters == 0 { run.task.cancel() }
        // Those who come after a failure, or after everybody has left, start another run.
        if running === run, run.ended.isOpen || run.waiters == 0 { running = nil }
    }

    private func isGood(_ credential: ExecCredential, for seconds: Int64) -> Bool {
        credential.expires.map { $0 > now().adding(seconds: seconds) } ?? true
    }
}
