/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import ai.djl.ndarray.types.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Reads the pickles inside PyTorch's files.
 *
 * <p>A pickle is a program that may call any function of Python. This machine knows the few
 * instructions that tensors, dictionaries, lists, tuples, strings and numbers need, and of
 * functions only those that PyTorch writes to rebuild a tensor or a dictionary. Objects of other
 * classes, and numbers and arrays of NumPy, are skipped: they become {@link Skipped} by name, and
 * no class is looked up or made. Every other function is refused by name. Lengths in the file are
 * compared with what is left of it before memory is reserved, and {@link Limits} bound how many
 * instructions run and what they may pile up.
 */
final class PickleReader extends Unpickler {

    /** A stretch of numbers in the file; its tensors are views of it. */
    record Storage(String key, ElementType type, long elements) {}

    /**
     * Stands for a class that is not known, or for an object of it, whose content is dropped.
     *
     * @param symbol name of the class in Python
     */
    record Skipped(String symbol) {}

    /**
     * A tensor as a view of a storage.
     *
     * @param offset element of the storage where it begins
     * @param stride elements between neighbours along each dimension
     */
    record View(Storage storage, long offset, Shape shape, long[] stride) {

        TensorInfo info() {
            return new TensorInfo(storage.type(), shape);
        }

        /** The last element of the storage that the view uses, or −1 if it is empty. */
        long last() {
            long last = offset;
            for (int d = 0; d < stride.length; d++) {
                if (shape.get(d) == 0) return -1;
                last = Math.addExact(last, Math.multiplyExact(shape.get(d) - 1, stride[d]));
            }
            return last;
        }

        boolean isContiguous() {
            long expected = 1;
            for (int d = stride.length - 1; d >= 0; d--) {
                if (shape.get(d) != 1 && stride[d] != expected) return false;
                expected *= shape.get(d);
            }
            return true;
        }
    }

    private enum Function {
        ORDERED_DICTIONARY("collections.OrderedDict"),
        DEFAULT_DICTIONARY("collections.defaultdict"),
        TENSOR("torch._utils._rebuild_tensor"),
        TENSOR_WITH_HOOKS("torch._utils._rebuild_tensor_v2"),
        PARAMETER("torch._utils._rebuild_parameter");

        private final String symbol;

        Function(String symbol) {
            this.symbol = symbol;
        }
    }

    private static final int LONGEST_SYMBOL = 200;

    /** Classes by Python's custom for their names, which no function of its library follows. */
    private static final Pattern CLASS = Pattern.compile("\\w+(\\.\\w+)*\\.[A-Z]\\w*");

    /** What else training programs leave beside tensors: numbers, arrays, sets, dates, types. */
    private static final Pattern PLAIN_DATA =
            Pattern.compile(
                    "numpy\\.(_?core\\.multiarray\\.(scalar|_reconstruct)|dtype|ndarray|(float|u?int|bool|complex|str|bytes)\\d*_?)"
                            + "|numpy\\.dtypes?\\.\\w+|_codecs\\.encode|(builtins|__builtin__)\\."
                            + "(object|set|frozenset|slice|complex|bytearray|list|dict|int|float|str)"
                            + "|copyreg\\._reconstructor|copy_reg\\._reconstructor"
                            + "|datetime\\.(datetime|date|time|timedelta|timezone)"
                            + "|torch\\.(device|b?float\\d*|u?int\\d*|half|double|long|bool)");

    private final PositionedInput in;
    private final long start;
    private final Map<String, Storage> storages = new LinkedHashMap<>();
    private int instructions;

    PickleReader(PositionedInput in) {
        this.in = in;
        this.start = in.position();
    }

    /** All storages that the file's objects refer to, by key; those of skipped objects too. */
    Map<String, Storage> storages() {
        return storages;
    }

    /**
     * The next object of the file: nested {@link Map}s, {@link List}s and {@code Object[]}s of
     * {@link View}s, {@link String}s, numbers, booleans and null.
     */
    Object read(String label) throws IOException {
        try {
            return load(in);
        } catch (CheckpointException e) {
            throw e;
        } catch (IOException e) {
            throw new CheckpointException(label + " is incomplete: it ends too early.", e);
        } catch (RefusedException e) {
            throw new CheckpointException(
                    String.format(
                            "%s is refused: %s; a checkpoint may hold only tensors and plain"
                                    + " containers: %s.",
                            label, e.getMessage(), FileKind.ACCEPTED),
                    e);
        } catch (RuntimeException e) {
            throw new CheckpointException(
                    "%s is damaged: its list of tensors breaks off near byte %s."
                            .formatted(label, in.position()),
                    e);
        }
    }

    /** Something in a pickle that is not accepted. */
    private static final class RefusedException extends PickleException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** Keeps a small file from making large heaps of objects. */
    private void requireModesty() {
        final String much;
        if (++instructions > Limits.MOST_INSTRUCTIONS)
            much = "has more than " + Limits.MOST_INSTRUCTIONS + " instructions";
        else if (stack.size() > Limits.DEEPEST_STACK)
            much = "piles up more than " + Limits.DEEPEST_STACK + " objects";
        else if (memo.size() > Limits.LARGEST_MEMO)
            much = "remembers more than " + Limits.LARGEST_MEMO + " objects";
        else if (in.position() - start > Limits.LARGEST_LIST)
            much = "has more than " + Limits.LARGEST_LIST + " bytes";
        else return;
        throw new RefusedException("its list of tensors " + much);
    }

    @Override
    protected Object dispatch(short opcode) throws IOException {
        requireModesty();
        switch (opcode) {
            case Opcodes.PROTO,
                    Opcodes.FRAME,
                    Opcodes.STOP,
                    Opcodes.MARK,
                    Opcodes.NONE,
                    Opcodes.NEWTRUE,
                    Opcodes.NEWFALSE,
                    Opcodes.BININT,
                    Opcodes.BININT1,
                    Opcodes.BININT2,
                    Opcodes.LONG1,
                    Opcodes.BINFLOAT,
                    Opcodes.SHORT_BINSTRING,
                    Opcodes.SHORT_BINBYTES,
                    Opcodes.SHORT_BINUNICODE,
                    Opcodes.EMPTY_TUPLE,
                    Opcodes.TUPLE,
                    Opcodes.TUPLE1,
                    Opcodes.TUPLE2,
                    Opcodes.TUPLE3,
                    Opcodes.EMPTY_LIST,
                    Opcodes.BINPUT,
                    Opcodes.LONG_BINPUT,
                    Opcodes.BINGET,
                    Opcodes.LONG_BINGET,
                    Opcodes.MEMOIZE,
                    Opcodes.BINPERSID -> {
                return super.dispatch(opcode);
            }
            case Opcodes.BINUNICODE -> stack.add(string());
            case Opcodes.EMPTY_DICT -> stack.add(new LinkedHashMap<>());
            case Opcodes.SETITEM -> {
                final Object value = stack.pop();
                final Object key = stack.pop();
                if (!isSkipped()) put(dictionary(stack.peek()), key, value);
            }
            case Opcodes.SETITEMS -> {
                final List<Object> items = stack.pop_all_since_marker();
                if (isSkipped()) break;
                final Map<Object, Object> dictionary = dictionary(stack.peek());
                for (int i = 0; i < items.size(); i += 2)
                    put(dictionary, items.get(i), items.get(i + 1));
            }
            case Opcodes.GLOBAL -> stack.add(symbol(line() + "." + line()));
            case Opcodes.STACK_GLOBAL -> {
                // Only texts: a list that holds itself must not be made into one.
                final String name = (String) stack.pop();
                final String module = (String) stack.pop();
                stack.add(symbol(module + "." + name));
            }
            case Opcodes.REDUCE -> {
                final Object[] arguments = (Object[]) stack.pop();
                final Object called = stack.pop();
                stack.add(called instanceof Skipped ? called : call((Function) called, arguments));
            }
            case Opcodes.NEWOBJ -> {
                final Object[] arguments = (Object[]) stack.pop();
                final Object made = stack.pop();
                if (made == Function.ORDERED_DICTIONARY) stack.add(orderedDictionary(arguments));
                else stack.add((Skipped) made);
            }
            case Opcodes.BUILD -> {
                // Attributes of an object or of an ordered dictionary, such as versions of layers.
                stack.pop();
                if (!isSkipped()) dictionary(stack.peek());
            }
            case Opcodes.APPEND -> {
                final Object item = stack.pop();
                if (!isSkipped()) list(stack.peek()).add(item);
            }
            case Opcodes.APPENDS -> {
                final List<Object> items = stack.pop_all_since_marker();
                if (!isSkipped()) list(stack.peek()).addAll(items);
            }
            default ->
                    throw new RefusedException(
                            "it uses the pickle instruction %s (at byte %s)"
                                    .formatted(opcode, in.position() - 1));
        }
        return NO_RETURN_VALUE;
    }

    /** Whether what the next instruction changes is an object that is skipped. */
    private boolean isSkipped() {
        return stack.peek() instanceof Skipped;
    }

    private String string() throws IOException {
        final int length = PickleUtils.bytes_to_integer(PickleUtils.readbytes(input, 4));
        if (length < 0 || length > in.remaining()) throw new EOFException();
        return new String(input.readNBytes(length), StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        final StringBuilder line = new StringBuilder();
        for (int c = input.read(); c != '\n'; c = input.read()) {
            if (c < 0) throw new EOFException();
            if (line.length() == LONGEST_SYMBOL) throw new PickleException("name too long");
            line.append((char) c);
        }
        return line.toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<Object, Object> dictionary(Object object) {
        return (Map<Object, Object>) object;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object object) {
        return (List<Object>) object;
    }

    private static void put(Map<Object, Object> dictionary, Object key, Object value) {
        if (!(key instanceof String || key instanceof Number || key instanceof Boolean))
            throw new RefusedException("a dictionary has a key that is no text or number");
        dictionary.put(key, value);
    }

    private Object symbol(String symbol) {
        for (Function function : Function.values())
            if (function.symbol.equals(symbol)) return function;
        if (symbol.startsWith("torch.")) {
            final var type = ElementType.ofTorchStorage(symbol.substring("torch.".length()));
            if (type.isPresent()) return type.get();
        }
        if (symbol.length() <= LONGEST_SYMBOL
                && (CLASS.matcher(symbol).matches() || PLAIN_DATA.matcher(symbol).matches()))
            return new Skipped(symbol);
        final String shown =
                symbol.length() <= LONGEST_SYMBOL
                        ? symbol
                        : symbol.substring(0, LONGEST_SYMBOL) + "\u2026";
        throw new RefusedException(
                "it asks for Python's %s (at byte %s)"
                        .formatted(shown.replaceAll("\\p{Cntrl}", "?"), in.position()));
    }

    private static Object call(Function function, Object[] arguments) {
        return switch (function) {
            case ORDERED_DICTIONARY -> orderedDictionary(arguments);
            case DEFAULT_DICTIONARY -> new LinkedHashMap<>();
            case PARAMETER -> (View) arguments[0];
            case TENSOR, TENSOR_WITH_HOOKS -> view(arguments);
        };
    }

    private static Map<Object, Object> orderedDictionary(Object[] arguments) {
        final Map<Object, Object> dictionary = new LinkedHashMap<>();
        if (arguments.length > 0)
            for (Object item : (List<?>) arguments[0]) {
                final Object[] pair = item instanceof List<?> l ? l.toArray() : (Object[]) item;
                put(dictionary, pair[0], pair[1]);
            }
        return dictionary;
    }

    private static View view(Object[] arguments) {
        final Storage storage = (Storage) arguments[0];
        final long offset = ((Number) arguments[1]).longValue();
        final long[] shape = longs((Object[]) arguments[2]);
        final long[] stride = longs((Object[]) arguments[3]);
        if (shape.length != stride.length || shape.length > Limits.MOST_DIMENSIONS || offset < 0)
            throw new PickleException("impossible tensor");
        final View view = new View(storage, offset, new Shape(shape), stride);
        if (view.last() >= storage.elements() || view.info().elements() > storage.elements())
            throw new PickleException("tensor larger than its storage");
        return view;
    }

    private static long[] longs(Object[] numbers) {
        final long[] result = new long[numbers.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = ((Number) numbers[i]).longValue();
            if (result[i] < 0) throw new PickleException("negative size");
        }
        return result;
    }

    /**
     * A storage: ("storage", type, key, device, number of elements[, view of another one]). Or a
     * class with its source, as the old format keeps it: ("module", class, file, source).
     */
    @Override
    protected Object persistentLoad(Object id) {
        final Object[] parts = (Object[]) id;
        if ("module".equals(parts[0])) return (Skipped) parts[1];
        if (!"storage".equals(parts[0])) throw new PickleException("unknown persistent object");
        if (parts.length > 5 && parts[5] != null)
            throw new RefusedException("a storage is a view of another storage");
        final long elements = ((Number) parts[4]).longValue();
        final ElementType type = (ElementType) parts[1];
        if (elements < 0 || elements > Long.MAX_VALUE / 8)
            throw new PickleException("impossible size of a storage");
        final Storage storage = new Storage((String) parts[2], type, elements);
        storages.putIfAbsent(storage.key(), storage);
        return storage;
    }
}
