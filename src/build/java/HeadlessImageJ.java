/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import javassist.CannotCompileException;
import javassist.ClassPool;
import javassist.CtClass;
import javassist.CtMethod;
import javassist.CtNewMethod;
import javassist.NotFoundException;
import javassist.expr.ExprEditor;
import javassist.expr.FieldAccess;
import javassist.expr.Handler;
import javassist.expr.MethodCall;
import javassist.expr.NewExpr;
import net.imagej.patcher.LegacyInjector;

/**
 * Build step: makes {@code ij-headless.jar}, an ImageJ 1.x whose macros run without a display.
 *
 * <p>ImageJ 1.x reads a command's macro options by building the command's dialog, and Java builds
 * no dialog without a display. Fiji solves this with ij1-patcher, which replaces the super class of
 * {@code GenericDialog}; the same is done here, once and at build time, so that a macro starts fast
 * and needs no bytecode library. On top of it come the differences that a command line needs, see
 * {@link #adapt}.
 *
 * <p>Usage: {@code java HeadlessImageJ.java ij.jar ij-headless.jar}, with ij, ij1-patcher,
 * javassist and the classes of this project on the class path.
 */
public class HeadlessImageJ {

    private static final String MESSAGES = "org.deqir.imagej1.HeadlessMessages";
    private static final String PATCHER = "net.imagej.patcher.";

    private final ClassPool pool = new ClassPool();
    private final Set<CtClass> changed = new HashSet<>();

    public static void main(String[] args) throws Exception {
        final Path original = Path.of(args[0]);
        final Path result = Path.of(args[1]);
        Files.createDirectories(result.toAbsolutePath().getParent());
        final File patched = File.createTempFile("ij-patched", ".jar");
        try {
            LegacyInjector.writeJar(patched, true, false);
            new HeadlessImageJ(patched, original).write(patched.toPath(), original, result);
        } finally {
            Files.delete(patched.toPath());
        }
    }

    private HeadlessImageJ(File patched, Path original) throws Exception {
        pool.appendClassPath(patched.getPath());
        pool.appendClassPath(original.toString());
        pool.appendSystemPath();
        adapt();
    }

    private void adapt() throws NotFoundException, CannotCompileException {
        // What ImageJ says goes where a command line expects it, and is remembered.
        change("ij.IJ", "log").setBody("{ if ($1 != null) " + MESSAGES + ".log($1); }");
        change("ij.IJ", "getLog").setBody("return " + MESSAGES + ".log();");
        change("ij.IJ", "showMessage", "java.lang.String", "java.lang.String")
                .setBody(MESSAGES + ".show($1, $2);");
        final ExprEditor showsError =
                new ExprEditor() {
                    @Override
                    public void edit(MethodCall call) throws CannotCompileException {
                        if (call.getMethodName().equals("showMessage"))
                            call.replace(MESSAGES + ".error($1, $2);");
                    }
                };
        change("ij.IJ", "error", "java.lang.String", "java.lang.String").instrument(showsError);
        change("ij.IJ", "handleException").setBody(MESSAGES + ".unexpected($1);");
        change("ij.macro.Interpreter", "showError")
                .setBody(MESSAGES + ".macroError(errorMessage, $2);");

        // exit("why") is a failure, exit() is a normal end: ImageJ throws the same for both.
        final CtMethod exit = change("ij.macro.Functions", "exit");
        exit.instrument(showsError);
        exit.instrument(
                new ExprEditor() {
                    @Override
                    public void edit(NewExpr created) throws CannotCompileException {
                        created.replace("{ $_ = $proceed($$); " + MESSAGES + ".exit(); }");
                    }
                });

        // A command that throws ends the macro; ImageJ logs the stack trace and goes on.
        change("ij.Executer", "run")
                .instrument(
                        new ExprEditor() {
                            @Override
                            public void edit(Handler handler) throws CannotCompileException {
                                if (!handler.isFinally())
                                    handler.insertBefore(
                                            MESSAGES + ".thrown(command, (Throwable) $1);");
                            }
                        });

        // A command that gives up without a word ends the macro, too.
        change("ij.IJ", "abort").setBody("throw new RuntimeException(ij.Macro.MACRO_CANCELED);");

        // setBatchMode(false) would forget the open images: there are no windows to show them in.
        change("ij.macro.Interpreter", "setBatchMode").setBody("batchMode = true;");
        change("ij.macro.Functions", "displayBatchModeImage").setBody("{}");
        change("ij.macro.Interpreter", "error")
                .instrument(
                        new ExprEditor() {
                            @Override
                            public void edit(FieldAccess field) throws CannotCompileException {
                                if (field.isWriter() && field.getFieldName().startsWith("image"))
                                    field.replace("");
                            }
                        });

        // The macro's own thread must not wait for itself to end.
        change("ij.macro.Interpreter", "abortMacro")
                .insertBefore(
                        "if (Thread.currentThread().getName().endsWith(\"Macro$\"))"
                                + " instance = null;");

        // Macro files are UTF-8, as in Fiji.
        change("ij.plugin.Macro_Runner", "runMacroFile")
                .instrument(
                        new ExprEditor() {
                            @Override
                            public void edit(NewExpr created) throws CannotCompileException {
                                if (created.getSignature().endsWith("IILjava/lang/String;)V"))
                                    created.replace("$_ = new String($1, $2, $3, \"UTF-8\");");
                            }
                        });

        // File, image and text fields, which the patcher leaves out.
        final CtClass dialog = pool.get(PATCHER + "HeadlessGenericDialog");
        for (CtMethod method : dialog.getDeclaredMethods())
            switch (method.getName()) {
                case "addDirectoryField", "addFileField", "addImageChoice" ->
                        method.setBody("addStringField($1, $2);");
                case "addTextAreas" ->
                        method.setBody(
                                "{ textArea1 = getMacroParameter(\"text1\", $1);"
                                        + "  textArea2 = getMacroParameter(\"text2\", $2); }");
                case "getNextImage" ->
                        method.setBody("return ij.WindowManager.getImage(getNextString());");
                default -> {}
            }
        changed.add(dialog);

        // "key=&variable" takes the value of a macro variable, as in ImageJ's own dialogs.
        change("ij.Macro", "getValue")
                .insertAfter(
                        "if ($_ != null && $_.startsWith(\"&\")"
                                + " && ij.macro.Interpreter.getInstance() != null) {"
                                + "  String value = ij.macro.Interpreter.getInstance()"
                                + "    .getVariableAsString($_.substring(1));"
                                + "  if (value != null) $_ = value;"
                                + "}");

        // Nothing of Fiji is looked for, and no plugins outside the plugins folder.
        final CtClass hooks = pool.get(PATCHER + "EssentialLegacyHooks");
        hooks.getDeclaredMethod("initialized").setBody("{}");
        hooks.addMethod(
                CtNewMethod.make(
                        "public java.util.List handleExtraPluginJars()"
                                + " { return java.util.Collections.EMPTY_LIST; }",
                        hooks));
        changed.add(hooks);
    }

    private CtMethod change(String className, String method, String... parameters)
            throws NotFoundException {
        final CtClass type = pool.get(className);
        changed.add(type);
        return parameters.length == 0
                ? type.getDeclaredMethod(method)
                : type.getDeclaredMethod(method, pool.get(parameters));
    }

    /**
     * Writes every entry of the original jar once, in its latest form, and the patcher's classes.
     */
    private void write(Path patched, Path original, Path result)
            throws IOException, CannotCompileException {
        final Set<String> written = new HashSet<>();
        try (OutputStream file = Files.newOutputStream(result);
                JarOutputStream out = new JarOutputStream(file)) {
            for (CtClass type : changed) {
                final String name = type.getName().replace('.', '/') + ".class";
                put(out, name, type.toBytecode(), written);
            }
            for (Path source : new Path[] {patched, original}) {
                try (JarFile jar = new JarFile(source.toFile())) {
                    for (Enumeration<JarEntry> e = jar.entries(); e.hasMoreElements(); ) {
                        final JarEntry entry = e.nextElement();
                        if (entry.isDirectory() || written.contains(entry.getName())) continue;
                        try (InputStream in = jar.getInputStream(entry)) {
                            put(out, entry.getName(), in.readAllBytes(), written);
                        }
                    }
                }
            }
        } catch (IOException | CannotCompileException | RuntimeException e) {
            Files.deleteIfExists(result);
            throw e;
        }
    }

    private static void put(JarOutputStream out, String name, byte[] content, Set<String> written)
            throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
        written.add(name);
    }
}
