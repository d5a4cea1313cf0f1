/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.model.store.Sha256;
import org.deqir.progress.Progress;

/** A run over the blocks of an output that are not complete, and a look at those that are. */
public final class BlockRun {

    private static final String LOCK = "lock";
    private static final int MOST_LISTED = 20;

    private final BlockOutput output;

    /** Prepares a run; nothing is read yet. */
    public BlockRun(BlockOutput output) {
        this.output = output;
    }

    /**
     * What a run did.
     *
     * @param done blocks that it made
     * @param skipped blocks that were complete before
     * @param copied blocks among the done ones that held nothing to restore
     * @param missingFiles files of the input that do not exist, counted for each block that reads
     *     them
     * @param failed blocks that failed
     * @param left blocks that were not tried, because the run stopped
     */
    public record Summary(
            long done,
            long skipped,
            long copied,
            long missingFiles,
            List<Outcome> failed,
            long left) {

        /** {@return whether the output is complete} */
        public boolean isComplete() {
            return failed.isEmpty() && left == 0;
        }

        /** {@return what happened, in words; the blocks done and skipped last} */
        public List<String> lines() {
            final List<String> lines = new ArrayList<>();
            for (final Outcome outcome : failed.subList(0, Math.min(MOST_LISTED, failed.size())))
                lines.add("block " + outcome.block() + " failed: " + outcome.failure());
            if (failed.size() > MOST_LISTED)
                lines.add("and " + (failed.size() - MOST_LISTED) + " more failed");
            if (missingFiles > 0)
                lines.add(
                        "Files of the input were missing in "
                                + missingFiles
                                + " places; their samples were taken to have the fill value.");
            if (copied > 0) lines.add(copied + " blocks held nothing to restore and were copied");
            if (left > 0) lines.add(left + " blocks were not tried");
            lines.add(done + " blocks done, " + skipped + " skipped");
            return lines;
        }
    }

    /**
     * Makes what is missing: the blocks, then the pyramid level by level. A block that fails does
     * not stop the others, but the level above it is not made.
     *
     * @param progress told after each block; a cancelled run ends with the blocks that are running
     * @return what was done
     * @throws IOException if another run works on the output, or the output cannot be written
     */
    public Summary run(BlockEngine engine, Progress progress) throws IOException {
        try (FileChannel file = openLock();
                FileLock lock = lock(file)) {
            return locked(engine, progress);
        }
    }

    private FileChannel openLock() throws IOException {
        try {
            return FileChannel.open(
                    BlockPlan.folder(output.folder()).resolve(LOCK),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
        } catch (final IOException e) {
            throw BlockWorker.cannotWrite(output.folder(), e);
        }
    }

    private FileLock lock(FileChannel file) throws IOException {
        FileLock lock;
        try {
            lock = file.tryLock();
        } catch (final OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null)
            throw new IOException("Another run works on " + output.folder() + " at the moment.");
        return lock;
    }

    private Summary locked(BlockEngine engine, Progress progress) throws IOException {
        final Map<Block, DoneLog.Entry> before = output.done();
        long all = 0;
        for (int level = 0; level < output.levels(); level++) all += output.count(level);
        final Tally tally = new Tally(all, before.size(), progress);
        for (int level = 0;
                level < output.levels() && tally.on && tally.failed.isEmpty();
                level++) {
            final List<Block> missing = new ArrayList<>();
            BlockOutput.missing(level, output.count(level), before).forEach(missing::add);
            if (!missing.isEmpty()) engine.make(missing, tally::told);
        }
        return new Summary(
                tally.done,
                before.size(),
                tally.copied,
                tally.missingFiles,
                tally.failed,
                all - before.size() - tally.done - tally.failed.size());
    }

    private static final class Tally {
        private final long all;
        private final long before;
        private final Progress progress;
        private final List<Outcome> failed = new ArrayList<>();
        private long done;
        private long copied;
        private long missingFiles;
        private boolean on = true;

        Tally(long all, long before, Progress progress) {
            this.all = all;
            this.before = before;
            this.progress = progress;
        }

        boolean told(Outcome outcome) {
            if (outcome.isDone()) {
                done++;
                if (outcome.copied()) copied++;
                missingFiles += outcome.missingFiles();
            } else failed.add(outcome);
            progress.update(
                    before + done + " of " + all + " blocks", (double) (before + done) / all);
            on &= !outcome.fatal() && !progress.isCanceled();
            return on;
        }
    }

    /**
     * How far an output is.
     *
     * @param done complete blocks of each level
     * @param all all blocks of each level
     * @param seconds mean time of a complete block of level 0; NaN if there is none
     */
    public record Status(List<Long> done, List<Long> all, double seconds) {

        /** {@return whether nothing is missing} */
        public boolean isComplete() {
            return done.equals(all);
        }
    }

    /**
     * {@return what is complete by now}
     *
     * @throws IOException if the output cannot be read
     */
    public Status status() throws IOException {
        final Map<Block, DoneLog.Entry> entries = output.done();
        final Map<Integer, Long> done = new HashMap<>();
        entries.keySet().forEach(block -> done.merge(block.level(), 1L, Long::sum));
        final List<Long> complete = new ArrayList<>();
        final List<Long> all = new ArrayList<>();
        for (int level = 0; level < output.levels(); level++) {
            complete.add(done.getOrDefault(level, 0L));
            all.add(output.count(level));
        }
        return new Status(
                complete,
                all,
                entries.values().stream()
                        .filter(entry -> entry.block().level() == 0)
                        .mapToDouble(DoneLog.Entry::seconds)
                        .average()
                        .orElse(Double.NaN));
    }

    /**
     * {@return sentences about files that are not as they were written, or not there, from reading
     * every complete block again; empty if the output is complete and sound}
     *
     * @throws IOException if the output cannot be read
     */
    public List<String> verify(Progress progress) throws IOException {
        final Map<Block, DoneLog.Entry> logged = DoneLog.read(output.logs());
        final List<String> problems = new ArrayList<>();
        final Set<Block> seen = new HashSet<>();
        for (final DoneLog.Entry entry : logged.values()) {
            progress.checkCanceled();
            seen.add(entry.block());
            final Path file = output.file(entry.block());
            try (InputStream in = Files.newInputStream(file)) {
                if (Files.size(file) != entry.length() || !Sha256.of(in).equals(entry.sha256()))
                    problems.add(file + " is not as it was written: delete it and run again.");
            } catch (final NoSuchFileException e) {
                problems.add(file + " is missing: run again.");
            }
            progress.update("Verifying", (double) seen.size() / logged.size());
        }
        long missing = 0;
        for (int level = 0; level < output.levels(); level++)
            for (final Block block : BlockOutput.missing(level, output.count(level), logged))
                if (!seen.contains(block)) missing++;
        if (missing > 0) problems.add(missing + " blocks were not made yet: run again.");
        return problems;
    }
}
