@echo off
rem Runs an ImageJ macro without a display: headless FILE.ijm [ARGUMENT]
setlocal
set "APP=%~dp0"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
"%JAVA%" --enable-native-access=ALL-UNNAMED %JAVA_OPTS% -Djava.awt.headless=true "-Dplugins.dir=%APP:~0,-1%" -Dai.djl.offline=true -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "%APP%lib\ij-headless.jar;%APP%plugins\DeqIR_Bridge.jar;%APP%jars\*" org.deqir.imagej1.HeadlessMacro %*
exit /b %ERRORLEVEL%
