/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.degradation.UniformBlur;
import org.deqir.physics.optics.PsfStack;

/**
 * Records as JSON and back: objects with a member for each component. A record that stands for a
 * degradation or a sealed interface has its simple name as the member {@code kind}.
 */
final class RecordJson {

    private static final String KIND = "kind";

    /** Those that can be undone block by block. */
    private static final List<Class<? extends Degradation>> DEGRADATIONS =
            List.of(
                    Identity.class,
                    GaussianBlur.class,
                    UniformBlur.class,
                    PsfBlur.class,
                    Downsampling.class);

    private RecordJson() {}

    /**
     * @param type as it will be read
     */
    static JsonElement write(Object value, Type type) {
        if (value == null) return JsonNull.INSTANCE;
        if (value instanceof Enum<?> constant) return new JsonPrimitive(constant.name());
        if (value instanceof String text) return new JsonPrimitive(text);
        if (value instanceof Boolean flag) return new JsonPrimitive(flag);
        if (value instanceof Double number && !Double.isFinite(number))
            return new JsonPrimitive(number.toString());
        if (value instanceof PsfStack psf) return psf(psf);
        if (value instanceof Number number) return new JsonPrimitive(number);
        final JsonArray array = new JsonArray();
        if (value instanceof List<?> list) {
            for (final Object element : list) array.add(write(element, elementOf(type)));
            return array;
        }
        if (value.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(value); i++)
                array.add(write(Array.get(value, i), value.getClass().getComponentType()));
            return array;
        }
        return object(value, type);
    }

    /** Its many voxels as Base64 of 32-bit floats, little-endian. */
    private static JsonObject psf(PsfStack psf) {
        final ByteBuffer bytes =
                ByteBuffer.allocate(Float.BYTES * psf.values().length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(psf.values());
        final JsonObject json = new JsonObject();
        json.addProperty("width", psf.width());
        json.addProperty("height", psf.height());
        json.addProperty("slices", psf.slices());
        json.addProperty("values", Base64.getEncoder().encodeToString(bytes.array()));
        return json;
    }

    private static PsfStack psf(JsonObject json, String name) {
        final int[] size = new int[3];
        final String[] sides = {"width", "height", "slices"};
        for (int i = 0; i < size.length; i++)
            size[i] = (int) read(json.get(sides[i]), int.class, name + "." + sides[i]);
        final String values = (String) read(json.get("values"), String.class, name + ".values");
        final FloatBuffer floats =
                ByteBuffer.wrap(Base64.getDecoder().decode(values))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer();
        final float[] weights = new float[floats.remaining()];
        floats.get(weights);
        return PsfStack.of(weights, size[0], size[1], size[2]);
    }

    private static JsonObject object(Object record, Type type) {
        final JsonObject json = new JsonObject();
        if (record.getClass() != type) json.addProperty(KIND, record.getClass().getSimpleName());
        for (final RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                // The record may be public in a package that is not ours, with public accessors.
                json.add(
                        component.getName(),
                        write(component.getAccessor().invoke(record), component.getGenericType()));
            } catch (final IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException(e);
            }
        }
        return json;
    }

    /**
     * @throws IllegalArgumentException if the JSON is not that of a value of the type; the message
     *     names the member
     */
    static Object read(JsonElement json, Type type, String name) {
        if (json == null) throw new IllegalArgumentException(name + " is missing");
        if (json.isJsonNull()) return null;
        try {
            return value(json, type, name);
        } catch (final IllegalStateException | NumberFormatException | ClassCastException e) {
            throw new IllegalArgumentException(name + " is not what is expected: " + json, e);
        }
    }

    private static Object value(JsonElement json, Type type, String name) {
        if (type == String.class) return json.getAsString();
        if (type == boolean.class) return json.getAsBoolean();
        if (type == int.class) return json.getAsInt();
        if (type == long.class) return json.getAsLong();
        if (type == double.class) return Double.valueOf(json.getAsString());
        if (type == float.class) return json.getAsFloat();
        if (type == PsfStack.class) return psf(json.getAsJsonObject(), name);
        if (type instanceof ParameterizedType || type instanceof GenericArrayType) {
            final List<Object> list = new ArrayList<>();
            for (final JsonElement element : json.getAsJsonArray())
                list.add(read(element, elementOf(type), name));
            return List.copyOf(list);
        }
        final Class<?> kind = (Class<?>) type;
        if (kind.isArray()) {
            final JsonArray elements = json.getAsJsonArray();
            final Object array = Array.newInstance(kind.getComponentType(), elements.size());
            for (int i = 0; i < elements.size(); i++)
                Array.set(array, i, read(elements.get(i), kind.getComponentType(), name));
            return array;
        }
        if (kind.isEnum()) {
            for (final Object constant : kind.getEnumConstants())
                if (((Enum<?>) constant).name().equals(json.getAsString())) return constant;
            throw new IllegalArgumentException(name + " is unknown: " + json);
        }
        return record(json.getAsJsonObject(), kind, name);
    }

    private static Object record(JsonObject json, Class<?> type, String name) {
        final Class<?> kind = type.isRecord() ? type : named(type, json, name);
        final RecordComponent[] components = kind.getRecordComponents();
        final Class<?>[] types = new Class<?>[components.length];
        final Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] =
                    read(
                            json.get(components[i].getName()),
                            components[i].getGenericType(),
                            name + "." + components[i].getName());
        }
        try {
            return kind.getDeclaredConstructor(types).newInstance(values);
        } catch (final InvocationTargetException e) {
            throw new IllegalArgumentException(name + ": " + e.getCause().getMessage(), e);
        } catch (final ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> named(Class<?> type, JsonObject json, String name) {
        final String wanted = json.has(KIND) ? json.get(KIND).getAsString() : "";
        final List<Class<?>> known = new ArrayList<>();
        collect(type, known);
        for (final Class<?> kind : known) if (kind.getSimpleName().equals(wanted)) return kind;
        throw new IllegalArgumentException(
                name + " is of the kind '" + wanted + "', which is unknown");
    }

    private static void collect(Class<?> type, List<Class<?>> records) {
        if (type.isRecord()) records.add(type);
        if (type == Degradation.class) records.addAll(DEGRADATIONS);
        if (type.isSealed())
            for (final Class<?> sub : type.getPermittedSubclasses()) collect(sub, records);
    }

    private static Type elementOf(Type list) {
        return ((ParameterizedType) list).getActualTypeArguments()[0];
    }
}
