import {chromium} from "@playwright/test";
const [,,base,...jobs]=process.argv;
const b=await chromium.launch({executablePath:"/usr/bin/chromium",args:["--no-sandbox","--disable-background-networking"]});
for(const j of jobs){const [out,path,cookie,key,w,h]=j.split("|");
 const c=await b.newContext({viewport:{width:+(w||1400),height:+(h||900)}});
 if(cookie) await c.addCookies([{name:"dalil-choices",value:cookie,url:base}]);
 const p=await c.newPage(); await p.goto(base+path); await p.waitForTimeout(400);
 if(key) for(const k of key.split(" ")) {await p.keyboard.press(k); await p.waitForTimeout(300);}
 await p.screenshot({path:out}); await c.close();}
await b.close();
