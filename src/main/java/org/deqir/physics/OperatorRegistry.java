/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.deqir.physics.Degradation.BlockSensing;
import org.deqir.physics.Degradation.Downsampling;
import org.deqir.physics.Degradation.GaussianBlur;
import org.deqir.physics.Degradation.GreyProjection;
import org.deqir.physics.Degradation.Identity;
import org.deqir.physics.Degradation.MissingPixels;
import org.deqir.physics.Degradation.PsfBlur;
import org.deqir.physics.Degradation.Sequence;
import org.deqir.physics.Degradation.UniformBlur;
import org.deqir.physics.Degradation.WalshHadamardSensing;

/**
 * All kinds of {@link Degradation}, with examples of each and a text form.
 *
 * <p>The text form is {@code key name=value name=value …}, for instance {@code gaussian-blur
 * sigmaX=2.0 sigmaY=2.0 border=unknown}. It exists for the kinds whose parameters are numbers and choices; masks
 * and PSFs are images and are kept as such.
 *
 * <p>A new operator is tested by being listed here: the tests of the package run over the examples.
 */
public final class OperatorRegistry {

    /**
     * One kind of degradation.
     *
     * @param key its name in the text form
     * @param type the record that describes it
     * @param examples typical ones
     */
    public record Kind(String key, Class<? extends Degradation> type, List<Example> examples) {}

    /** A degradation that may depend on the size of the image, as a mask does. */
    @FunctionalInterface
    public interface Example {
        /** The example for images of this size. */
        Degradation of(int height, int width);
    }

    private static final float[] ASYMMETRIC_PSF = {
        0.00f, 0.02f, 0.03f, 0.02f, 0.00f,
        0.02f, 0.06f, 0.60f, 0.08f, 0.03f,
        0.01f, 0.03f, 0.06f, 0.03f, 0.01f
    };

    private static final List<Kind> KINDS =
            List.of(
                    new Kind("identity", Identity.class, always(new Identity())),
                    new Kind(
                            "missing-pixels",
                            MissingPixels.class,
                            List.of((h, w) -> MissingPixels.random(h, w, 0.4, 7))),
                    new Kind(
                            "downsampling",
                            Downsampling.class,
                            always(
                                    new Downsampling(2, Downsampling.Kernel.AVERAGE),
                                    new Downsampling(4, Downsampling.Kernel.AVERAGE),
                                    new Downsampling(2, Downsampling.Kernel.BICUBIC),
                                    new Downsampling(3, Downsampling.Kernel.BICUBIC),
                                    new Downsampling(4, Downsampling.Kernel.BICUBIC))),
                    new Kind(
                            "gaussian-blur",
                            GaussianBlur.class,
                            always(
                                    new GaussianBlur(0.5),
                                    new GaussianBlur(2, 2, Border.MIRRORED),
                                    new GaussianBlur(3, 0.8, Border.MIRRORED),
                                    new GaussianBlur(0.5, 0.4, Border.ZEROS))),
                    new Kind(
                            "uniform-blur",
                            UniformBlur.class,
                            always(
                                    new UniformBlur(4, Border.MIRRORED),
                                    new UniformBlur(5, Border.MIRRORED),
                                    new UniformBlur(1.4),
                                    new UniformBlur(1.5, Border.ZEROS))),
                    new Kind(
                            "psf-blur",
                            PsfBlur.class,
                            always(
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.UNKNOWN),
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.MIRRORED),
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.ZEROS))),
                    new Kind(
                            "grey-projection",
                            GreyProjection.class,
                            always(GreyProjection.MEAN, GreyProjection.LUMINANCE)),
                    new Kind(
                            "walsh-hadamard",
                            WalshHadamardSensing.class,
                            always(
                                    new WalshHadamardSensing(0.5, 3),
                                    new WalshHadamardSensing(0.1, 4))),
                    new Kind(
                            "block-sensing",
                            BlockSensing.class,
                            always(new BlockSensing(0.5, 5, 8), new BlockSensing(0.25, 6, 5))),
                    new Kind(
                            "sequence",
                            Sequence.class,
                            List.of(
                                    (h, w) ->
                                            new Sequence(
                                                    new GaussianBlur(0.6, 0.6, Border.MIRRORED),
                                                    MissingPixels.random(h, w, 0.7, 8)))));

    private static final Set<Class<?>> NUMBERS = Set.of(int.class, long.class, double.class);

    private OperatorRegistry() {}

    /** All kinds, in the order in which a user should see them. */
    public static List<Kind> kinds() {
        return KINDS;
    }

    /** The text form, or nothing for a degradation that holds an image. */
    public static Optional<String> write(Degradation degradation) {
        final Kind kind =
                KINDS.stream().filter(k -> k.type() == degradation.getClass()).findFirst().get();
        if (!hasTextForm(kind)) return Optional.empty();
        final StringBuilder text = new StringBuilder(kind.key());
        for (final RecordComponent component : kind.type().getRecordComponents())
            text.append(' ')
                    .append(component.getName())
                    .append('=')
                    .append(format(invoke(component, degradation)));
        return Optional.of(text.toString());
    }

    /**
     * The degradation with the given text form.
     *
     * @throws IllegalArgumentException if the text is not what {@link #write} wrote, naming what is
     *     wrong
     */
    public static Degradation read(String text) {
        final String[] words = text.strip().split("\\s+");
        final Kind kind =
                KINDS.stream()
                        .filter(k -> k.key().equals(words[0]) && hasTextForm(k))
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "\""
                                                        + words[0]
                                                        + "\" is no degradation; known are "
                                                        + readableKeys()
                                                        + "."));
        final Map<String, String> values = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            final String[] pair = words[i].split("=", 2);
            if (pair.length < 2 || values.put(pair[0], pair[1]) != null)
                throw new IllegalArgumentException(
                        "\"" + words[i] + "\" in \"" + text + "\" is not a new name=value.");
        }
        return construct(kind, values, text);
    }

    private static Degradation construct(Kind kind, Map<String, String> values, String text) {
        final RecordComponent[] components = kind.type().getRecordComponents();
        final Class<?>[] types = new Class<?>[components.length];
        final Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            final String value = values.remove(components[i].getName());
            if (value == null)
                throw new IllegalArgumentException(
                        "\"" + text + "\" lacks " + components[i].getName() + ".");
            arguments[i] = parse(types[i], components[i].getName(), value);
        }
        if (!values.isEmpty())
            throw new IllegalArgumentException(
                    "\"" + kind.key() + "\" has no parameter " + values.keySet() + ".");
        try {
            return kind.type().getDeclaredConstructor(types).newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) throw refused;
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object parse(Class<?> type, String name, String value) {
        try {
            if (type.isEnum()) return enumValue(type, value);
            if (type == int.class) return Integer.valueOf(value);
            if (type == long.class) return Long.valueOf(value);
            return Double.valueOf(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + value + "\" is no value of " + name + ".", e);
        }
    }

    private static Object enumValue(Class<?> type, String value) {
        for (final Object constant : type.getEnumConstants())
            if (format(constant).equals(value)) return constant;
        throw new IllegalArgumentException(value);
    }

    private static String format(Object value) {
        return value instanceof Enum<?> choice
                ? choice.name().toLowerCase(Locale.ROOT)
                : value.toString();
    }

    private static Object invoke(RecordComponent component, Degradation degradation) {
        try {
            return component.getAccessor().invoke(degradation);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean hasTextForm(Kind kind) {
        for (final RecordComponent component : kind.type().getRecordComponents())
            if (!component.getType().isEnum() && !NUMBERS.contains(component.getType()))
                return false;
        return true;
    }

    private static String readableKeys() {
        return KINDS.stream()
                .filter(OperatorRegistry::hasTextForm)
                .map(Kind::key)
                .collect(Collectors.joining(", "));
    }

    private static List<Example> always(Degradation... degradations) {
        return List.of(degradations).stream()
                .map(degradation -> (Example) (height, width) -> degradation)
                .toList();
    }
}
