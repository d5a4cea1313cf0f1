/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Throws changed files at a reader of files, which must read or refuse each of them.
 *
 * <p>Inputs are made from a corpus (the files of the test resources {@code fuzz/NAME/}) by
 * changing, inserting, repeating, moving and removing bytes, numbers and words of the format. An
 * input that a reader answers from a place in its code from which it never answered before joins
 * the corpus.
 *
 * <p>Each input must be read or refused by the reader's own kind of exception with one sentence; no
 * step may reserve far more memory than the input is long, or take more than a few seconds of the
 * processor.
 */
public final class Fuzzer {

    /** Reads a file completely. */
    @FunctionalInterface
    public interface Target {

        /**
         * Reads a file.
         *
         * @param step to be called between the steps that may each reserve memory of their own
         */
        void read(byte[] file, Runnable step) throws Exception;
    }

    /** Makes a new input of an old one. */
    @FunctionalInterface
    public interface Mutation {
        byte[] change(byte[] file, Random random);
    }

    /** An input that a reader must not answer as it did. */
    public static final class Finding extends AssertionError {
        private static final long serialVersionUID = 1L;

        Finding(String what, byte[] input, Throwable cause) {
            super(
                    what
                            + "; the input, "
                            + input.length
                            + " bytes: "
                            + HexFormat.of()
                                    .formatHex(Arrays.copyOf(input, Math.min(600, input.length))),
                    cause);
        }

        private Finding(Finding finding, long seed, long number, Path file) {
            super(
                    String.format(
                            "Input %d of the seed %d, kept as %s: %s",
                            number, seed, file, finding.getMessage()),
                    finding);
        }
    }

    /**
     * What a run did.
     *
     * @param name of the corpus
     * @param seed of the run
     * @param inputs that were made and checked, those of the corpus not counted
     * @param distinct at least so many of them differ, up to about a million
     * @param read files that the reader read, those of the corpus counted
     * @param refused files that it refused, likewise
     * @param ways places in the code from which it refused, likewise
     */
    public record Report(
            String name, long seed, long inputs, int distinct, long read, long refused, int ways) {

        @Override
        public String toString() {
            return String.format(
                    "%s, seed %d: %d inputs, %d read, %d refused in %d ways, no findings",
                    name, seed, inputs, read, refused, ways);
        }
    }

    private static final long ALLOWANCE = 4 << 20;
    private static final long SLOWEST_NANOS = 5_000_000_000L;
    private static final int HASHES = 1 << 20;
    private static final int LONGEST_INPUT = 1 << 16;
    private static final int FRAMES = 6;
    private static final String READ = "read";
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final String name;
    private final Class<? extends Exception> refusal;
    private final Target target;
    private final List<byte[]> words = new ArrayList<>();
    private final List<byte[]> corpus = new ArrayList<>();
    private final List<byte[]> learnt = new ArrayList<>();
    private final Set<String> answers = new HashSet<>();
    private final List<Mutation> mutations = new ArrayList<>();

    private long perByte = 250;
    private long readCount;
    private long refusedCount;

    /**
     * @param name of the corpus
     * @param refusal the exception by which the reader refuses a file
     * @param words short texts that mean something to the reader, as ISO 8859-1
     */
    public Fuzzer(String name, Class<? extends Exception> refusal, Target target, String... words) {
        this.name = name;
        this.refusal = refusal;
        this.target = target;
        for (String word : words) this.words.add(word.getBytes(StandardCharsets.ISO_8859_1));
        mutations.add(this::changeBytes);
        corpus.addAll(corpus(name));
    }

    /** Adds a way to change files that is used as often as changing their bytes. */
    public Fuzzer with(Mutation mutation) {
        mutations.add(mutation);
        return this;
    }

    /**
     * Lets a reader reserve more memory per byte of an input than the usual 250; all that is
     * reserved in a step counts, also what is free again.
     */
    public Fuzzer allowing(long bytesPerByte) {
        perByte = bytesPerByte;
        return this;
    }

    /** The files of a corpus. */
    public static List<byte[]> corpus(String name) {
        try {
            final URI folder = Fuzzer.class.getResource("/fuzz/" + name).toURI();
            try (Stream<Path> files = Files.list(Path.of(folder))) {
                final List<byte[]> result = new ArrayList<>();
                for (Path file : files.sorted().toList()) result.add(Files.readAllBytes(file));
                return result;
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A new input. */
    public byte[] next(Random random) {
        byte[] input = corpus.get(random.nextInt(corpus.size()));
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--)
            input = mutations.get(random.nextInt(mutations.size())).change(input, random);
        return input.length > LONGEST_INPUT ? Arrays.copyOf(input, LONGEST_INPUT) : input;
    }

    /**
     * Has the reader read an input.
     *
     * @throws Finding if it answers in a way that it must not
     */
    public void check(byte[] input) {
        final long begin = THREADS.getCurrentThreadCpuTime();
        final long thread = Thread.currentThread().getId();
        final long[] reserved = {THREADS.getThreadAllocatedBytes(thread)};
        final Runnable step =
                () -> {
                    final long now = THREADS.getThreadAllocatedBytes(thread);
                    if (now - reserved[0] > ALLOWANCE + perByte * input.length)
                        throw new Finding(
                                name + " reserved " + (now - reserved[0]) + " bytes", input, null);
                    reserved[0] = THREADS.getThreadAllocatedBytes(thread);
                };
        String answer;
        try {
            target.read(input, step);
            readCount++;
            answer = READ;
        } catch (Finding e) {
            throw e;
        } catch (Throwable e) {
            if (!refusal.isInstance(e)) throw new Finding(name + " answered " + e, input, e);
            final String message = String.valueOf(e.getMessage());
            if (!message.endsWith(".") || message.contains("\n") || message.length() > 1500)
                throw new Finding(name + " gave no sentence: " + message, input, e);
            refusedCount++;
            answer = place(e);
        }
        step.run();
        if (THREADS.getCurrentThreadCpuTime() - begin > SLOWEST_NANOS)
            throw new Finding(name + " took more than 5 s of the processor", input, null);
        if (answers.add(answer)) {
            learnt.add(input);
            corpus.add(input);
        }
    }

    /** Where in our code an exception and its causes come from. */
    private static String place(Throwable e) {
        final StringBuilder place = new StringBuilder();
        for (Throwable t = e; t != null; t = t.getCause()) {
            int frames = 0;
            for (StackTraceElement frame : t.getStackTrace()) {
                if (frame.getClassName().equals(Fuzzer.class.getName())) break;
                if (!frame.getClassName().startsWith("java.") && ++frames <= FRAMES)
                    place.append(frame).append(';');
            }
            place.append('|');
        }
        return place.toString();
    }

    /**
     * Checks inputs for some time. The same seed gives the same inputs, as many as there is time
     * for.
     *
     * @param least number of inputs to check, however long that takes
     * @param folder for inputs that were answered in a new way or must not be answered so
     * @throws Finding if an input is answered in a way that it must not; the message names the seed
     *     and the file with the input
     */
    public Report run(long seed, double seconds, int least, Path folder) throws IOException {
        for (byte[] file : List.copyOf(corpus)) check(file);
        learnt.clear();
        Files.createDirectories(folder);
        final Random random = new Random(seed);
        final BitSet hashes = new BitSet(HASHES);
        final long start = System.nanoTime();
        long inputs = 0;
        while (inputs < least || System.nanoTime() - start < seconds * 1e9) {
            final byte[] input = next(random);
            final int hash = Arrays.hashCode(input);
            inputs++;
            hashes.set((hash ^ hash >>> 12) & HASHES - 1);
            try {
                check(input);
            } catch (Finding e) {
                final Path kept = folder.resolve(String.format("finding-%08x", hash));
                Files.write(kept, input);
                throw new Finding(e, seed, inputs, kept);
            }
        }
        for (byte[] input : learnt)
            Files.write(
                    folder.resolve(String.format("learnt-%08x", Arrays.hashCode(input))), input);
        return new Report(
                name,
                seed,
                inputs,
                hashes.cardinality(),
                readCount,
                refusedCount,
                answers.contains(READ) ? answers.size() - 1 : answers.size());
    }

    // ---- changes ----

    private byte[] changeBytes(byte[] file, Random random) {
        final int at = random.nextInt(file.length + 1);
        final int count = Math.min(file.length - at, 1 << random.nextInt(8));
        return switch (random.nextInt(10)) {
            case 0 -> with(file, at, random.nextInt(256));
            case 1 -> at == file.length ? file : with(file, at, file[at] ^ 1 << random.nextInt(8));
            case 2 -> replaced(file, at, count, new byte[0]);
            case 3 ->
                    replaced(
                            file,
                            random.nextInt(file.length + 1),
                            0,
                            Arrays.copyOfRange(file, at, at + count));
            case 4 -> Arrays.copyOf(file, at);
            case 5 -> replaced(file, at, 0, word(random));
            case 6 -> {
                final byte[] word = word(random);
                yield replaced(file, at, Math.min(word.length, file.length - at), word);
            }
            case 7 -> number(file, at, random);
            case 8 -> {
                final byte[] other = corpus.get(random.nextInt(corpus.size()));
                final int from = random.nextInt(other.length + 1);
                yield replaced(
                        file, at, file.length - at, Arrays.copyOfRange(other, from, other.length));
            }
            default -> {
                byte[] many = new byte[0];
                final byte[] word =
                        random.nextBoolean()
                                ? word(random)
                                : Arrays.copyOfRange(file, at, at + Math.min(count, 16));
                final int times = 1 << random.nextInt(11);
                if (word.length * times <= LONGEST_INPUT) {
                    many = new byte[word.length * times];
                    for (int i = 0; i < many.length; i++) many[i] = word[i % word.length];
                }
                yield replaced(file, at, 0, many);
            }
        };
    }

    private byte[] word(Random random) {
        return words.isEmpty() ? new byte[] {0} : words.get(random.nextInt(words.size()));
    }

    private static byte[] with(byte[] file, int at, int value) {
        if (at == file.length) return file;
        final byte[] result = file.clone();
        result[at] = (byte) value;
        return result;
    }

    /** A number that is large, small, or a little more or less than before. */
    private static byte[] number(byte[] file, int at, Random random) {
        final int width = 1 << random.nextInt(4);
        if (at + width > file.length) return file;
        final long[] special = {
            0,
            -1,
            1,
            Byte.MAX_VALUE,
            Short.MAX_VALUE,
            Integer.MAX_VALUE,
            Integer.MIN_VALUE,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            0xffffffffL,
            1L << 32,
            0x10000,
            file.length,
            1L << 62
        };
        final ByteBuffer buffer =
                ByteBuffer.wrap(file.clone())
                        .order(
                                random.nextInt(4) > 0
                                        ? ByteOrder.LITTLE_ENDIAN
                                        : ByteOrder.BIG_ENDIAN);
        final boolean shift = random.nextBoolean();
        final long change = random.nextInt(9) - 4;
        final long value = special[random.nextInt(special.length)];
        switch (width) {
            case 1 -> buffer.put(at, (byte) (shift ? buffer.get(at) + change : value));
            case 2 -> buffer.putShort(at, (short) (shift ? buffer.getShort(at) + change : value));
            case 4 -> buffer.putInt(at, (int) (shift ? buffer.getInt(at) + change : value));
            default -> buffer.putLong(at, shift ? buffer.getLong(at) + change : value);
        }
        return buffer.array();
    }

    private static byte[] replaced(byte[] file, int at, int removed, byte[] inserted) {
        final byte[] result = new byte[file.length - removed + inserted.length];
        System.arraycopy(file, 0, result, 0, at);
        System.arraycopy(inserted, 0, result, at, inserted.length);
        System.arraycopy(
                file, at + removed, result, at + inserted.length, file.length - at - removed);
        return result;
    }
}
